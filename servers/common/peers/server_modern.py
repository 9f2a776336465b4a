"""The server's handshake of TLS 1.3: RFC 8446, sections 2 and 4."""

import hashlib
import os
import time

from .encoding import Reader, number, vector
from .keys import Share, algorithm_for, context_of, sign, signed
from .messages import compression_extension, extension, find_extension
from .numbers import BY_CODE, RETRY_RANDOM, SIGNATURE
from .protection import Aead13
from .schedule import Schedule, hkdf_expand_label
from .server import LIFETIME, client_key


def offered_psks(hello):
    """([(ticket, age)], [binder], how many bytes the binders are) of a ClientHello; nothing without a PSK."""
    data = find_extension(hello.fields, "pre_shared_key")
    if data is None:
        return [], [], 0
    reader = Reader(data)
    inner, identities, binders = Reader(reader.vector(2)), [], []
    while inner.left():
        identities.append((inner.vector(2), inner.number(4)))
    size = reader.left()
    inner = Reader(reader.vector(2))
    while inner.left():
        binders.append(inner.vector(1))
    return identities, binders, size


def shares_of(hello):
    data, shares = find_extension(hello.fields, "key_share"), {}
    if data is not None:
        inner = Reader(Reader(data).vector(2))
        while inner.left():
            group = inner.number(2)
            shares[group] = inner.vector(2)
    return shares


class Handshake:
    def __init__(self, connection, hello):
        self.c, self.hello = connection, hello
        self.choice = connection.script.choice
        self.random = os.urandom(32)

    def run(self):
        if self.hello.name != "ClientHello":
            self.c.fail("unexpected_message", "application data before a ClientHello")
        if not self.c.agrees_on_version(self.hello):
            self.c.fail("protocol_version", "no common version")
        self.suite, self.identity = self.c.choose_suite(self.hello)
        self.c.skips_undecryptable = find_extension(self.hello.fields, "early_data") is not None
        group = self.c.choose_group(self.hello)
        if self.choice("retry", group not in shares_of(self.hello)):
            self.retry(group)
        self.select_psk()
        self.server_flight(Share(group))
        self.c.flush()
        self.client_flight()
        self.tickets()
        self.c.flush()

    def retry(self, group):
        """HelloRetryRequest, and the second ClientHello in place of the first."""
        first = hashlib.new(self.suite.hash, self.c.transcript).digest()
        self.c.transcript[:] = b"\xfe\0\0" + bytes([len(first)]) + first
        self.c.send("HelloRetryRequest", {
            "version": 0x0303, "random": RETRY_RANDOM, "session_id": self.hello["session_id"], "suite": self.suite.code,
            "compression": 0, "extensions": [extension("supported_versions", number(0x0304, 2)),
                                             extension("key_share", number(group, 2))]})
        self.compatible()
        self.hello = self.c.receive("ClientHello")

    def compatible(self):
        """The ChangeCipherSpec that middleboxes like to see, once: RFC 8446, D.4."""
        if self.choice("compatible", bool(self.hello["session_id"])) and not self.c.script.points.get("ChangeCipherSpec"):
            self.c.send("ChangeCipherSpec", {"body": b"\1"})

    # PSK ------------------------------------------------------------------------------------------------------------------

    def select_psk(self):
        """The first PSK that can be used: its place and state, or None and a full handshake."""
        self.selected, self.state, self.result = None, None, 0
        identities, binders, size = offered_psks(self.hello)
        modes = find_extension(self.hello.fields, "psk_key_exchange_modes") or b""
        if 1 not in modes[1:] or not self.c.settings.tickets:
            identities = []
        for place, (ticket, _) in enumerate(identities):
            result, state = self.c.open_ticket(ticket)
            if state is None or not self.choice("resume", BY_CODE[state["suite"]].hash == self.suite.hash):
                continue
            self.selected, self.state, self.result = place, state, result
            break
        psk = bytes.fromhex(self.state["psk"]) if self.state else None
        self.schedule = Schedule(self.suite.hash, psk)
        if self.state:
            wanted = self.schedule.binder(bytes(self.c.transcript[:-size]))
            self.c.check("binder", binders[self.selected:][:1] == [wanted], "decrypt_error")

    # Flights --------------------------------------------------------------------------------------------------------------

    def server_flight(self, share):
        self.server_hello(share)
        self.schedule.go_on(self.shared)
        self.handshake_keys()
        self.compatible()
        self.c.part()
        self.c.writer = Aead13(self.suite, self.server_secret)
        self.c.send("EncryptedExtensions", {"extensions": []})
        self.asks = self.choice("client_certificate", self.c.settings.ca is not None and not self.state)
        if self.asks:
            algorithms = b"".join(number(each, 2) for each in SIGNATURE.values())
            self.c.send("CertificateRequest", {
                "context": b"", "extensions": [extension("signature_algorithms", vector(algorithms, 2)),
                                               *compression_extension(self.choice("compressions", []))]})
        if self.choice("authenticates", not self.state):
            self.certificate()
        self.finish()

    def server_hello(self, share):
        point = shares_of(self.hello).get(share.group)
        if point is None and "group" not in self.c.script.choices:
            self.c.fail("illegal_parameter", "no key share of the group that was asked for")
        try:
            self.shared = share.secret(point or share.point)
        except ValueError:
            self.c.fail("illegal_parameter", "a key share that is none")
        extensions = [extension("supported_versions", number(0x0304, 2)),
                      extension("key_share", number(share.group, 2) + vector(share.point, 2))]
        if self.selected is not None:
            extensions.append(extension("pre_shared_key", number(self.selected, 2)))
        sent = self.c.send("ServerHello", {
            "version": 0x0303, "random": self.random, "session_id": self.hello["session_id"], "suite": self.suite.code,
            "compression": 0, "extensions": extensions})
        self.random = sent["random"]

    def handshake_keys(self):
        transcript = bytes(self.c.transcript)
        self.client_secret = self.schedule.derive(b"c hs traffic", transcript)
        self.server_secret = self.schedule.derive(b"s hs traffic", transcript)
        self.c.log_secrets(self.hello["random"], {
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET": self.client_secret, "SERVER_HANDSHAKE_TRAFFIC_SECRET": self.server_secret})

    def certificate(self):
        self.c.send("Certificate", {"context": b"", "chain": self.identity.chain})
        algorithm = algorithm_for(0x0304, self.identity.key, self.c.algorithms_of(self.hello))

        def complete(fields):
            content = context_of("server", bytes(self.c.transcript), self.suite.hash)
            fields["signature"] = sign(self.identity.key, algorithm, content)

        self.c.send("CertificateVerify", {"algorithm": algorithm}, complete)

    def finish(self):
        def complete(fields):
            fields["verify_data"] = self.schedule.finished(self.server_secret, bytes(self.c.transcript))

        self.c.send("Finished", {}, complete)
        self.c.part()
        self.c.reader = Aead13(self.suite, self.client_secret)
        self.schedule.go_on()
        transcript = bytes(self.c.transcript)
        self.application = [self.schedule.derive(side + b" ap traffic", transcript) for side in (b"c", b"s")]
        self.c.log_secrets(self.hello["random"], {
            "CLIENT_TRAFFIC_SECRET_0": self.application[0], "SERVER_TRAFFIC_SECRET_0": self.application[1]})
        self.c.writer = Aead13(self.suite, self.application[1])

    def client_flight(self):
        if self.asks:
            self.client_certificate()
        before = bytes(self.c.transcript)
        finished = self.c.receive("Finished")
        self.c.skips_undecryptable = False
        wanted = self.schedule.finished(self.client_secret, before)
        self.c.check("Finished", finished["verify_data"] == wanted, "decrypt_error")
        self.c.reader = Aead13(self.suite, self.application[0])
        self.resumption = self.schedule.derive(b"res master", bytes(self.c.transcript))

    def client_certificate(self):
        chain = self.c.receive_certificate(compressions=self.choice("compressions", []))["chain"]
        if not chain:
            return
        key = client_key(self.c, chain, time.time())
        before = bytes(self.c.transcript)
        verify = self.c.receive("CertificateVerify")
        right = signed(key, verify["algorithm"], verify["signature"], context_of("client", before, self.suite.hash))
        self.c.check("CertificateVerify", right, "decrypt_error")

    # Tickets --------------------------------------------------------------------------------------------------------------

    def tickets(self):
        modes = find_extension(self.hello.fields, "psk_key_exchange_modes") or b""
        natural = self.c.settings.count if self.state is None else self.result - 1
        if 1 not in modes[1:] or not self.c.settings.tickets:
            natural = 0
        for place in range(self.choice("tickets", natural)):
            nonce = number(place, 8)
            psk = hkdf_expand_label(self.suite.hash, self.resumption, b"resumption", nonce, self.schedule.size)
            ticket = self.c.seal_ticket({"suite": self.suite.code, "psk": psk.hex()})
            self.c.send("NewSessionTicket", {
                "lifetime": self.choice("lifetime", LIFETIME), "age_add": int.from_bytes(os.urandom(4), "big"),
                "nonce": nonce, "ticket": ticket, "extensions": []})


def handshake(connection, hello):
    Handshake(connection, hello).run()
