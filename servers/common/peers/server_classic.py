"""The server's handshake of TLS 1.0 to 1.2: RFC 5246, section 7.3, and RFC 5077."""

import os
import time

from .keys import Share, algorithm_for, decrypt_premaster, sign, signed
from .messages import extension, find_extension, key_exchange_parameters
from .numbers import BY_CODE, SIGNATURE
from .protection import protections
from .schedule import master_secret, transcript_hash, verify_data
from .server import LIFETIME, client_key


class Handshake:
    def __init__(self, connection, hello):
        self.c, self.hello = connection, hello
        self.choice = connection.script.choice
        self.version = connection.version
        self.ticket = find_extension(hello.fields, "session_ticket")
        self.asked_ems = find_extension(hello.fields, "extended_master_secret") is not None
        self.ems = self.choice("extended_master_secret", self.asked_ems)
        self.random = os.urandom(32)

    def run(self):
        if self.hello.name != "ClientHello":
            self.c.fail("unexpected_message", "application data before a ClientHello")
        if not self.c.agrees_on_version(self.hello):
            self.c.fail("protocol_version", "no common version")
        result, state = self.opened()
        if state is not None:
            self.resume(result, state)
        else:
            self.full()

    # Resumption ---------------------------------------------------------------------------------------------------------

    def opened(self):
        """(result, state) of the ticket that is offered; no state: a full handshake."""
        if not self.ticket or not self.c.settings.tickets:
            return 0, None
        result, state = self.c.open_ticket(self.ticket)
        if state is None or not self.choice("resume", self.fits(state)):
            return 0, None
        return result, state

    def fits(self, state):
        if state["ems"] and not self.asked_ems:
            self.c.fail("handshake_failure", "a session with extended master secret is offered without it")
        return (state["version"] == self.version and state["suite"] in self.hello["suites"] and
                state["ems"] == self.ems)

    def resume(self, result, state):
        self.suite, self.ems = BY_CODE[state["suite"]], self.choice("extended_master_secret", state["ems"])
        if "suite" in self.c.script.choices:
            self.suite = self.c.choose_suite(self.hello)[0]
        renews = self.choice("renews", result == 2)
        self.server_hello(self.hello["session_id"], self.choice("promise", renews))
        self.derive(bytes.fromhex(state["master"]))
        if renews:
            self.new_ticket(renewed=True)
        self.finish("server")
        self.c.flush()
        self.their_finish("client")

    # Full handshake -------------------------------------------------------------------------------------------------------

    def full(self):
        self.suite, self.identity = self.c.choose_suite(self.hello)
        issues = self.choice("issues", self.c.settings.tickets and self.ticket is not None)
        self.server_hello(b"", self.choice("promise", issues))
        self.c.send("Certificate", {"chain": self.identity.chain})
        if self.suite.exchange == "ecdhe":
            self.key_exchange()
        asks = self.choice("client_certificate", self.c.settings.ca is not None)
        if asks:
            algorithms = list(SIGNATURE.values()) if self.version == 0x0303 else None
            self.c.send("CertificateRequest", {"types": b"\x01\x40", "algorithms": algorithms, "authorities": b""})
        self.c.send("ServerHelloDone", {})
        self.c.flush()
        self.client_flight(asks)
        self.their_finish("client")
        if issues:
            self.new_ticket(renewed=False)
        self.finish("server")
        self.c.flush()

    def key_exchange(self):
        self.share = Share(self.c.choose_group(self.hello))
        algorithm = algorithm_for(self.version, self.identity.key, self.c.algorithms_of(self.hello))

        def complete(fields):
            data = self.hello["random"] + self.random + key_exchange_parameters(fields)
            fields["signature"] = sign(self.identity.key, algorithm, data)

        self.c.send("ServerKeyExchange", {"curve_type": 3, "group": self.share.group, "point": self.share.point,
                                          "algorithm": algorithm}, complete)

    def client_flight(self, asks):
        key = None
        if asks:
            chain = self.c.receive("Certificate")["chain"]
            key = client_key(self.c, chain, time.time()) if chain else None
        exchange = self.c.receive("ClientKeyExchange")["body"]
        self.derive(self.master(self.premaster(exchange)))
        if key:
            before = bytes(self.c.transcript)
            verify = self.c.receive("CertificateVerify")
            right = signed(key, verify["algorithm"], verify["signature"], before)
            self.c.check("CertificateVerify", right, "decrypt_error")

    def premaster(self, exchange):
        if self.suite.exchange == "rsa":
            return decrypt_premaster(self.identity.key, exchange[2:])
        try:
            return self.share.secret(exchange[1:])
        except ValueError:
            self.c.fail("illegal_parameter", "a point that is not on the curve")

    def master(self, premaster):
        c = self.c
        session_hash = transcript_hash(self.version, self.suite.hash, bytes(c.transcript)) if self.ems else None
        return master_secret(self.version, self.suite.hash, premaster, self.hello["random"] + self.random, session_hash)

    # Both -----------------------------------------------------------------------------------------------------------------

    def server_hello(self, session_id, promises):
        extensions = []
        if find_extension(self.hello.fields, "renegotiation_info") is not None or 0x00ff in self.hello["suites"]:
            extensions.append(extension("renegotiation_info", b"\0"))
        if find_extension(self.hello.fields, "ec_point_formats") is not None and self.suite.exchange == "ecdhe":
            extensions.append(extension("ec_point_formats", b"\1\0"))
        if promises:
            extensions.append(extension("session_ticket"))
        if self.ems:
            extensions.append(extension("extended_master_secret"))
        sent = self.c.send("ServerHello", {"version": self.version, "random": self.random, "session_id": session_id,
                                           "suite": self.suite.code, "compression": 0, "extensions": extensions or None})
        self.random = sent["random"]

    def derive(self, master):
        self.secret = master
        self.c.log_secrets(self.hello["random"], {"CLIENT_RANDOM": master})
        self.theirs, self.ours = protections(self.version, self.suite, master, self.hello["random"], self.random)

    def new_ticket(self, renewed):
        zero = renewed and self.c.settings.renewed_hint == "zero"
        state = {"version": self.version, "suite": self.suite.code, "ems": self.ems, "master": self.secret.hex()}
        self.c.send("NewSessionTicket", {"lifetime": self.choice("lifetime", 0 if zero else LIFETIME),
                                         "ticket": self.c.seal_ticket(state)})

    def finish(self, sender):
        self.c.send("ChangeCipherSpec", {"body": b"\1"})
        self.c.part()
        self.c.writer = self.ours

        def complete(fields):
            fields["verify_data"] = verify_data(self.version, self.suite.hash, self.secret, sender, bytes(self.c.transcript))

        self.c.send("Finished", {}, complete)

    def their_finish(self, sender):
        self.c.receive("ChangeCipherSpec")
        self.c.reader = self.theirs
        wanted = verify_data(self.version, self.suite.hash, self.secret, sender, bytes(self.c.transcript))
        finished = self.c.receive("Finished")
        self.c.check("Finished", finished["verify_data"] == wanted, "decrypt_error")


def handshake(connection, hello):
    Handshake(connection, hello).run()
