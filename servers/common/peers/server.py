"""The server's side of a connection, whatever its version, and what all connections of a server share."""

import copy
import time

from .encoding import Malformed
from .endpoint import Endpoint
from .messages import find_extension
from .numbers import BY_CODE, GROUP, VERSIONS, code_of, spoken_at, suite_code
from .keys import kind_of, load_key, pem_blocks

ANSWER = b"HTTP/1.0 200 ok\r\nContent-Type: text/plain\r\n\r\nhello\n"
LIFETIME = 7200


class Identity:
    """A certificate chain and its key."""

    def __init__(self, cert, key):
        self.chain, self.key = pem_blocks(cert), load_key(key)
        self.kind = kind_of(self.key)

    def self_signed(self):
        from .certificates import self_signed
        own = copy.copy(self)
        own.chain = [self_signed(self.chain[0], self.key)]
        return own


class Settings:
    """What holds for all connections. `identities` are of kind "ecdsa" and "rsa"; `suites` the OpenSSL names that it is
    held to below TLS 1.3, or None; `ca` the file of the root of clients, when they are asked for certificates."""

    def __init__(self, tls, ring, identities, **more):
        self.version, self.ring = VERSIONS[tls], ring
        self.identities = {identity.kind: identity for identity in identities}
        self.keylog = more.get("keylog")
        self.suites = more.get("suites")
        self.tickets = more.get("tickets", True)
        self.count = more.get("count", 2)
        self.renewed_hint = more.get("renewed_hint", "full")
        self.ca = more.get("ca")


class ServerConnection(Endpoint):
    def __init__(self, tcp, script, settings):
        super().__init__(tcp, script, settings)

    def serve(self):
        """The whole connection, from ClientHello to close_notify. Throws Ended when it ends otherwise."""
        self.reach("connected")
        hello = self.receive("ClientHello", "ApplicationData")
        if self.version == 0x0304:
            from .server_modern import handshake
        else:
            from .server_classic import handshake
        try:
            handshake(self, hello)
        except Malformed as wrong:
            self.fail("decode_error", str(wrong))
        self.reach("established")
        self.answer(self.read_request())
        self.reach("answered")
        if self.script.choice("close_notify", True):
            self.say_goodbye()

    def read_request(self):
        request = b""
        while b"\r\n\r\n" not in request:
            message = self.receive("ApplicationData", "KeyUpdate", "ClientHello")
            if message.name == "KeyUpdate":
                self.key_update(message)
            elif message.name == "ClientHello":
                self.fail("no_renegotiation" if self.version < 0x0304 else "unexpected_message", "a second ClientHello")
            else:
                request += message["data"]
        return request

    def answer(self, request):
        self.reach("request")
        self.send("ApplicationData", {"body": ANSWER})
        self.flush()

    # Decisions --------------------------------------------------------------------------------------------------------

    def say(self, op, key, age, result):
        """Logs a decision about a ticket, as the script wants it told."""
        point = f"log {op}"
        entries = self.script.at(point)
        told = {"op": op, "key": key.hex(), "age": "-" if age is None else age, "result": result}
        for entry in entries:
            told.update(entry.get("set", {}))
            for name, more in entry.get("add", {}).items():
                told[name] += more
        line = "ticket-key op={op} key={key} age={age} result={result}".format(**told)
        times = 0 if any(entry.get("do") == "omit" for entry in entries) else 1
        times += sum(entry.get("times", 1) for entry in entries if entry.get("do") == "repeat")
        for _ in range(times):
            print(line, flush=True)
        self.act(entries, None)

    def open_ticket(self, ticket):
        """(result, state). A script may act on another result than the one that was logged."""
        result, state = self.settings.ring.open(ticket, time.time(), self.say)
        result = self.script.choice("result", result)
        if result < 0:
            self.fail("internal_error", "the ticket callback breaks off")
        return result, state if result else None

    def seal_ticket(self, state):
        return self.settings.ring.seal(state, time.time(), self.say)

    def agrees_on_version(self, hello):
        offered = find_extension(hello.fields, "supported_versions")
        if offered is not None:
            listed = offered[1:]
            return self.version in [int.from_bytes(listed[at:at + 2], "big") for at in range(0, len(listed), 2)]
        return self.version < 0x0304 and hello["version"] >= self.version

    def choose_suite(self, hello):
        """The suite that is agreed on, with the identity for it, or a handshake_failure."""
        named = self.script.choice("suite", None)
        if named is not None:
            suite = BY_CODE[suite_code(named)]
            return suite, self.identity_for(suite)
        for suite in BY_CODE.values():
            held_to = self.settings.suites is None or suite.openssl in self.settings.suites or self.version == 0x0304
            if suite.code in hello["suites"] and spoken_at(suite, self.version) and held_to and self.identity_for(suite):
                return suite, self.identity_for(suite)
        self.fail("handshake_failure", "no common suite")

    def identity_for(self, suite):
        kind = self.script.choice("certificate", "ecdsa" if suite.auth == "any" else suite.auth)
        identity = self.settings.identities.get(kind)
        return identity.self_signed() if identity and self.script.choice("self_signed", False) else identity

    def choose_group(self, hello):
        listed = find_extension(hello.fields, "supported_groups") or b"\0\2\0\x17"
        offered = [int.from_bytes(listed[at:at + 2], "big") for at in range(2, len(listed), 2)]
        wanted = self.script.choice("group", None)
        if wanted is not None:
            return code_of(GROUP, wanted)
        common = [group for group in (GROUP["x25519"], GROUP["secp256r1"], GROUP["secp384r1"]) if group in offered]
        if not common:
            self.fail("handshake_failure", "no common group")
        return common[0]

    def algorithms_of(self, hello):
        listed = find_extension(hello.fields, "signature_algorithms") or b""
        return [int.from_bytes(listed[at:at + 2], "big") for at in range(2, len(listed), 2)]


def client_key(connection, chain, now):
    """The key of a client's certificate, once it is trusted."""
    from .certificates import Untrusted, leaf_key, load_root
    try:
        return leaf_key(chain, load_root(connection.settings.ca), None, now)
    except Untrusted as why:
        connection.fail(why.alert, str(why))
