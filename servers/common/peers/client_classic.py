"""The client's handshake of TLS 1.0 to 1.2: RFC 5246, section 7.3, and RFC 5077."""

import os

from .encoding import number
from .client import Session
from .keys import Share, algorithm_for, encrypt_premaster, sign, signed
from .messages import find_extension, key_exchange_parameters
from .protection import protections
from .schedule import master_secret, transcript_hash, verify_data


class Handshake:
    def __init__(self, connection):
        self.c, self.version = connection, connection.version
        self.session = connection.session
        self.new = None  # (lifetime, ticket) that came

    def run(self):
        self.offered = self.c.send("ClientHello", self.c.hello_fields())
        self.hello = self.c.receive("ServerHello")
        self.c.record_version = self.version
        self.suite = self.c.take_server_hello(self.hello, self.offered)
        self.ems = find_extension(self.hello.fields, "extended_master_secret") is not None
        self.promised = find_extension(self.hello.fields, "session_ticket") is not None
        self.c.result["session_id"] = self.hello["session_id"].hex()
        wanted = ["Certificate"] if self.session is None else ["Certificate", "NewSessionTicket", "ChangeCipherSpec"]
        first = self.c.receive(*wanted)
        if first.name == "Certificate":
            self.c.result["resumed"] = False
            self.full(first)
        else:
            self.resumed(first)
        self.keep()

    def resumed(self, first):
        """The server's messages after its hello; `first` is the first of them."""
        self.c.result["resumed"] = True
        self.c.check("suite kept", self.suite.code == self.session.suite.code, "illegal_parameter")
        self.c.check("extended master secret", self.ems == self.session.ems, "handshake_failure")
        self.derive(self.session.secret)
        if first.name == "NewSessionTicket":
            self.take_ticket(first)
            first = None
        self.their_finish(first)
        self.our_finish()

    def full(self, certificate):
        self.key = self.c.trusted_key(certificate["chain"])
        share = self.server_key() if self.suite.exchange == "ecdhe" else None
        message = self.c.receive("CertificateRequest", "ServerHelloDone")
        asked = message if message.name == "CertificateRequest" else None
        if asked:
            self.c.receive("ServerHelloDone")
        identity = self.c.settings.identity
        if asked:
            self.c.send("Certificate", {"chain": identity.chain if identity else []})
        self.send_key(share)
        if asked and identity:
            self.verify(identity, asked["algorithms"] or [])
        self.our_finish()
        self.their_finish(None)

    def server_key(self):
        """Our share of the server's group, and the server's point."""
        exchange = self.c.receive("ServerKeyExchange")
        data = self.offered["random"] + self.hello["random"] + key_exchange_parameters(exchange.fields)
        right = signed(self.key, exchange["algorithm"], exchange["signature"], data)
        self.c.check("signature", right, "decrypt_error")
        self.c.check("group", exchange["curve_type"] == 3 and exchange["group"] in self.c.groups(), "illegal_parameter")
        return Share(exchange["group"]), exchange["point"]

    def send_key(self, share):
        if share is None:
            premaster = number(self.offered["version"], 2) + os.urandom(46)
            self.c.send("ClientKeyExchange", {"encrypted": encrypt_premaster(self.key, premaster)})
        else:
            try:
                premaster = share[0].secret(share[1])
            except ValueError:
                self.c.fail("illegal_parameter", "a point that is not on the curve")
            self.c.send("ClientKeyExchange", {"point": share[0].point})
        randoms = self.offered["random"] + self.hello["random"]
        session_hash = transcript_hash(self.version, self.suite.hash, bytes(self.c.transcript)) if self.ems else None
        self.derive(master_secret(self.version, self.suite.hash, premaster, randoms, session_hash))

    def verify(self, identity, algorithms):
        algorithm = algorithm_for(self.version, identity.key, algorithms)

        def complete(fields):
            fields["signature"] = sign(identity.key, algorithm, bytes(self.c.transcript))

        self.c.send("CertificateVerify", {"algorithm": algorithm}, complete)

    def derive(self, master):
        self.master = master
        self.c.log_secrets(self.offered["random"], {"CLIENT_RANDOM": master})
        self.ours, self.theirs = protections(self.version, self.suite, master, self.offered["random"], self.hello["random"])

    def our_finish(self):
        self.c.send("ChangeCipherSpec", {"body": b"\1"})
        self.c.part()
        self.c.writer = self.ours

        def complete(fields):
            fields["verify_data"] = verify_data(self.version, self.suite.hash, self.master, "client",
                                                bytes(self.c.transcript))

        self.c.send("Finished", {}, complete)
        self.c.flush()

    def their_finish(self, first):
        """`first` is their ChangeCipherSpec if it has come."""
        if first is None and self.new is None:
            first = self.c.receive("ChangeCipherSpec", "NewSessionTicket")
        if first is not None and first.name == "NewSessionTicket":
            self.take_ticket(first)
            first = None
        if first is None:
            self.c.receive("ChangeCipherSpec")
        self.c.check("promised ticket", self.new is not None or not self.promised, "unexpected_message")
        self.c.reader = self.theirs
        wanted = verify_data(self.version, self.suite.hash, self.master, "server", bytes(self.c.transcript))
        finished = self.c.receive("Finished")
        self.c.check("Finished", finished["verify_data"] == wanted, "decrypt_error")

    def take_ticket(self, message):
        self.c.check("promised ticket", self.promised, "unexpected_message")
        self.new = message["lifetime"], message["ticket"]

    def keep(self):
        if self.new and self.new[1]:
            lifetime, ticket = self.new
            self.c.tickets.append(Session(self.version, self.suite, ticket, self.master, ems=self.ems, lifetime=lifetime))


def handshake(connection):
    """Gives what may come after it: message -> what to do."""
    Handshake(connection).run()
    return {}
