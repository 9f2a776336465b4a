"""The client's handshake of TLS 1.3: RFC 8446, sections 2 and 4."""

import copy
import hashlib
import time

from .client import Session
from .encoding import number
from .keys import Share, algorithm_for, context_of, sign, signed
from .messages import find_extension, write_body
from .numbers import EXTENSION
from .protection import Aead13
from .schedule import Schedule


class Handshake:
    def __init__(self, connection):
        self.c, self.session = connection, connection.session
        self.resumed = False

    def run(self):
        self.send_hello(self.c.hello_fields())
        self.hello = self.c.receive("ServerHello", "HelloRetryRequest")
        if self.hello.name == "HelloRetryRequest":
            self.retry()
        self.c.record_version = 0x0303
        self.suite = self.c.take_server_hello(self.hello, self.offered)
        self.c.check("session ID", self.hello["session_id"] == self.c.session_id, "illegal_parameter")
        self.agree()
        self.server_flight()
        self.client_flight()

    # Hello ------------------------------------------------------------------------------------------------------------

    def send_hello(self, fields):
        if self.session:
            age = int(round((time.time() - self.session.received) * 1000)) + self.session.age_add
            fields["identities"] = [{"ticket": self.session.ticket, "age": age & 0xffffffff}]
            fields["psk_at"] = None  # at the end
        self.hello_fields = fields
        self.offered = self.c.send("ClientHello", fields, self.binders if self.session else None)

    def binders(self, fields):
        """Binders over the hello as it will be sent, but for them."""
        schedule = Schedule(self.session.suite.hash, self.session.secret)
        blank = [bytes(schedule.size) for _ in fields["identities"]]
        body = write_body("ClientHello", {**fields, "binders": blank}, 0x0304)
        size = 2 + sum(1 + len(each) for each in blank)
        truncated = bytes(self.c.transcript) + b"\1" + number(len(body), 3) + body[:-size]
        fields["binders"] = [schedule.binder(truncated) for _ in blank]

    def retry(self):
        """A second ClientHello, with the share that is asked for."""
        asked = find_extension(self.hello.fields, "key_share")
        group = int.from_bytes(asked or b"", "big")
        self.c.check("group", group in self.c.groups() and group not in self.c.shares, "illegal_parameter")
        suite = self.c.take_server_hello(self.hello, self.offered)
        first = hashlib.new(suite.hash, self.c.transcript[:self.hello.start]).digest()
        self.c.transcript[:self.hello.start] = b"\xfe\0\0" + bytes([len(first)]) + first
        self.c.shares = {group: Share(group)}
        fields = copy.deepcopy(self.hello_fields)
        extensions = [self.c.key_share() if each["type"] == EXTENSION["key_share"] else each
                      for each in fields["extensions"]]
        cookie = find_extension(self.hello.fields, "cookie")
        if cookie is not None:
            extensions.append({"type": EXTENSION["cookie"], "data": cookie})
        fields["extensions"] = extensions
        if self.session and self.session.suite.hash != suite.hash:
            self.session = None
            fields.pop("identities", None)
        self.send_hello(fields)
        self.hello = self.c.receive("ServerHello")

    def agree(self):
        """The shared secret, and whether the PSK was taken."""
        data = find_extension(self.hello.fields, "key_share") or b""
        share = self.c.shares.get(int.from_bytes(data[:2], "big"))
        if share is None:
            self.c.fail("illegal_parameter", "a key share of a group that was not offered")
        selected = find_extension(self.hello.fields, "pre_shared_key")
        if selected is not None:
            self.c.check("selected PSK", self.session is not None and selected == b"\0\0", "illegal_parameter")
            self.c.check("hash of the PSK", self.session.suite.hash == self.suite.hash, "illegal_parameter")
            self.resumed = True
        self.c.result["resumed"] = self.resumed
        try:
            shared = share.secret(data[4:])
        except ValueError:
            self.c.fail("illegal_parameter", "a key share that is none")
        self.schedule = Schedule(self.suite.hash, self.session.secret if self.resumed else None)
        self.schedule.go_on(shared)
        transcript = bytes(self.c.transcript)
        self.client_secret = self.schedule.derive(b"c hs traffic", transcript)
        self.server_secret = self.schedule.derive(b"s hs traffic", transcript)
        self.c.log_secrets(self.offered["random"], {
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET": self.client_secret, "SERVER_HANDSHAKE_TRAFFIC_SECRET": self.server_secret})
        self.c.reader, self.c.writer = Aead13(self.suite, self.server_secret), Aead13(self.suite, self.client_secret)

    # Flights --------------------------------------------------------------------------------------------------------------

    def server_flight(self):
        encrypted = self.c.receive("EncryptedExtensions")
        self.c.check_extensions(encrypted["extensions"], self.offered)
        self.asked = None
        if not self.resumed:
            compressions = self.c.script.choice("compressions", [])
            message = self.c.receive_certificate("CertificateRequest", compressions=compressions)
            if message.name == "CertificateRequest":
                self.asked = message
                message = self.c.receive_certificate(compressions=compressions)
            self.server_certificate(message)
        before = bytes(self.c.transcript)
        finished = self.c.receive("Finished")
        wanted = self.schedule.finished(self.server_secret, before)
        self.c.check("Finished", finished["verify_data"] == wanted, "decrypt_error")

    def server_certificate(self, message):
        key = self.c.trusted_key(message["chain"])
        before = bytes(self.c.transcript)
        verify = self.c.receive("CertificateVerify")
        right = signed(key, verify["algorithm"], verify["signature"], context_of("server", before, self.suite.hash))
        self.c.check("CertificateVerify", right, "decrypt_error")

    def client_flight(self):
        self.schedule.go_on()
        transcript = bytes(self.c.transcript)
        client, server = (self.schedule.derive(side + b" ap traffic", transcript) for side in (b"c", b"s"))
        self.c.log_secrets(self.offered["random"], {
            "CLIENT_TRAFFIC_SECRET_0": client, "SERVER_TRAFFIC_SECRET_0": server})
        if self.c.script.choice("compatible", True):
            self.c.send("ChangeCipherSpec", {"body": b"\1"})
        if self.asked:
            self.client_certificate()

        def complete(fields):
            fields["verify_data"] = self.schedule.finished(self.client_secret, bytes(self.c.transcript))

        self.c.send("Finished", {}, complete)
        self.c.flush()
        self.resumption = self.schedule.derive(b"res master", bytes(self.c.transcript))
        self.c.reader, self.c.writer = Aead13(self.suite, server), Aead13(self.suite, client)

    def client_certificate(self):
        identity = self.c.settings.identity
        self.c.send("Certificate", {"context": self.asked["context"], "chain": identity.chain if identity else []})
        if not identity:
            return
        listed = find_extension(self.asked.fields, "signature_algorithms") or b""
        offered = [int.from_bytes(listed[at:at + 2], "big") for at in range(2, len(listed), 2)]
        algorithm = algorithm_for(0x0304, identity.key, offered)

        def complete(fields):
            content = context_of("client", bytes(self.c.transcript), self.suite.hash)
            fields["signature"] = sign(identity.key, algorithm, content)

        self.c.send("CertificateVerify", {"algorithm": algorithm}, complete)

    # After the handshake ------------------------------------------------------------------------------------------------

    def take_ticket(self, message):
        self.c.check("ticket", len(message["ticket"]) > 0, "decode_error")
        psk = self.schedule.ticket_psk(self.resumption, message["nonce"])
        self.c.tickets.append(Session(0x0304, self.suite, message["ticket"], psk, lifetime=message["lifetime"],
                                      age_add=message["age_add"]))


def handshake(connection):
    """Gives what may come after it: message -> what to do."""
    made = Handshake(connection)
    made.run()
    return {"NewSessionTicket": made.take_ticket, "KeyUpdate": connection.key_update}
