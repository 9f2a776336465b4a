"""The client's side of a connection, whatever its version."""

import os
import time

from .endpoint import Ended, Endpoint
from .certificates import Untrusted, leaf_key
from .keys import Share
from .messages import compression_extension, extension, find_extension
from .encoding import number, numbers, vector
from .numbers import BY_CODE, EXTENSION, GROUP, SIGNATURE, SUITES, VERSION_NAMES, code_of, spoken_at, suite_code

GROUPS = ("x25519", "secp256r1", "secp384r1")


class Session:
    """What a client keeps to resume by: of TLS 1.3 the PSK, below it the master secret."""

    def __init__(self, version, suite, ticket, secret, **more):
        self.version, self.suite, self.ticket, self.secret = version, suite, ticket, secret
        self.ems = more.get("ems", False)
        self.lifetime, self.age_add, self.received = more.get("lifetime", 0), more.get("age_add", 0), time.time()

    def alive(self):
        """RFC 8446, section 4.6.1; below TLS 1.3 a hint of 0 says nothing: RFC 5077, section 3.3."""
        if self.version < 0x0304 and self.lifetime == 0:
            return True
        return time.time() - self.received < min(self.lifetime, 604800)


class ClientSettings:
    """What holds for all connections. `root` is a certificate; `identity` the client's own, or None; `suites` a list of
    names, or None for all."""

    def __init__(self, version, server_name, root, identity=None, suites=None, keylog=None):
        self.version, self.server_name, self.root = version, server_name, root
        self.identity, self.suites, self.keylog = identity, suites, keylog


class ClientConnection(Endpoint):
    """`session` is the one to offer, or None. `tickets` are the sessions that came."""

    def __init__(self, tcp, script, settings, session):
        super().__init__(tcp, script, settings)
        self.record_version = 0x0301
        self.session = session
        self.tickets = []
        self.result = {}
        self.response_bytes = 0

    # Hello ------------------------------------------------------------------------------------------------------------

    def suites(self):
        named = self.script.choice("suites", self.settings.suites)
        if named is not None:
            return [suite_code(name) for name in named]
        return [suite.code for suite in SUITES if spoken_at(suite, self.version)]

    def groups(self):
        return [code_of(GROUP, name) for name in self.script.choice("groups", GROUPS)]

    def hello_fields(self):
        modern = self.version == 0x0304
        choice = self.script.choice
        random_id = modern or (self.session is not None and choice("session_id", True))
        self.random = os.urandom(32)
        self.session_id = os.urandom(32) if choice("session_id", random_id) else b""
        extensions = [extension("server_name", vector(b"\0" + vector(self.settings.server_name.encode(), 2), 2)),
                      extension("supported_groups", vector(numbers(self.groups(), 2), 2)),
                      extension("ec_point_formats", b"\1\0")]
        if self.version >= 0x0303:
            extensions.append(extension("signature_algorithms", vector(numbers(SIGNATURE.values(), 2), 2)))
        if modern:
            extensions += self.modern_extensions()
        else:
            extensions += self.classic_extensions()
        return {"version": min(self.version, 0x0303), "random": self.random, "session_id": self.session_id,
                "suites": self.suites(), "compressions": b"\0", "extensions": extensions}

    def classic_extensions(self):
        extensions = [extension("renegotiation_info", b"\0")]
        if self.script.choice("extended_master_secret", True):
            extensions.append(extension("extended_master_secret"))
        if self.script.choice("ticket_extension", True):
            extensions.append(extension("session_ticket", self.session.ticket if self.session else b""))
        return extensions

    def modern_extensions(self):
        self.shares = {group: Share(group) for group in
                       (code_of(GROUP, name) for name in self.script.choice("shares", GROUPS[:1]))}
        return [extension("supported_versions", vector(number(0x0304, 2), 1)),
                extension("psk_key_exchange_modes", vector(bytes(self.script.choice("modes", [1])), 1)),
                self.key_share(), *compression_extension(self.script.choice("compressions", []))]

    def key_share(self):
        shares = b"".join(number(group, 2) + vector(share.point, 2) for group, share in self.shares.items())
        return extension("key_share", vector(shares, 2))

    # What a client checks ---------------------------------------------------------------------------------------------

    def take_server_hello(self, hello, offered):
        """Version, suite and extensions must be of what was offered."""
        versions = find_extension(hello.fields, "supported_versions")
        version = hello["version"] if versions is None else int.from_bytes(versions, "big")
        self.check("version", version == self.version, "protocol_version")
        suite = BY_CODE.get(hello["suite"])
        self.check("suite", suite is not None and hello["suite"] in offered["suites"] and spoken_at(suite, self.version),
                   "illegal_parameter")
        self.check("compression", hello["compression"] == 0, "illegal_parameter")
        self.check_extensions(hello.fields.get("extensions") or [], offered)
        self.result.update(version=VERSION_NAMES[self.version], cipher=suite.openssl)
        return suite

    def check_extensions(self, answered, offered):
        asked = {each["type"] for each in offered["extensions"]} | {EXTENSION["cookie"]}
        if offered.get("identities"):
            asked.add(EXTENSION["pre_shared_key"])
        types = [each["type"] for each in answered]
        self.check("extensions", all(kind in asked for kind in types), "unsupported_extension")
        self.check("extensions", len(types) == len(set(types)), "illegal_parameter")

    def trusted_key(self, chain):
        try:
            return leaf_key(chain, self.settings.root, self.settings.server_name, time.time())
        except Untrusted as why:
            self.fail(why.alert, str(why))

    # After the handshake ------------------------------------------------------------------------------------------------

    def run(self):
        """Handshake; gives what the connection was, in `result`. Throws Ended."""
        self.reach("connected")
        if self.version == 0x0304:
            from .client_modern import handshake
        else:
            from .client_classic import handshake
        self.after = handshake(self)
        self.reach("established")

    def request(self, text):
        self.send("ApplicationData", {"body": text.encode()})
        self.flush()
        self.reach("requested")

    def read_response(self):
        """Until close_notify; the end of the connection without one is a failure."""
        try:
            while True:
                message = self.receive("ApplicationData", *self.after)
                if message.name == "ApplicationData":
                    self.response_bytes += len(message["data"])
                else:
                    self.after[message.name](message)
        except Ended as end:
            if end.alert != "close_notify":
                raise
        self.reach("answered")
