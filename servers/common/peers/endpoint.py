"""One end of a connection: records and messages out and in, each as the script wants it."""

import os
import select
import socket
import struct
import threading

from . import script as scripts
from .encoding import Malformed, number
from .messages import compressed, name_of, read_body, type_of, write_body
from .numbers import ALERT, ALERT_NAMES, CONTENT, HANDSHAKE_NAMES, code_of
from .protection import BadRecord, Plain


def wait(seconds):
    """True time: under libfaketime, time.sleep may end at once."""
    select.select([], [], [], seconds)


def wait_for_ever():
    threading.Event().wait()


class Ended(Exception):
    """The connection is over. `alert` is the alert that ended it, if one did; `by` who: "us", "peer" or "script"."""

    def __init__(self, by, text, alert=None):
        super().__init__(text)
        self.by, self.alert = by, alert


class Message:
    """What came. `start` is where it begins in the transcript."""

    def __init__(self, name, fields, start):
        self.name, self.fields, self.start = name, fields, start

    def __getitem__(self, field):
        return self.fields[field]


CONTENT_OF = {"ChangeCipherSpec": CONTENT["ChangeCipherSpec"], "ApplicationData": CONTENT["ApplicationData"],
              "Alert": CONTENT["Alert"], "close_notify": CONTENT["Alert"], "Heartbeat": CONTENT["Heartbeat"]}


class Endpoint:
    """`settings` have the `version` of the messages and a `keylog`, or None; `record_version` is what record headers bear."""

    def __init__(self, tcp, script, settings):
        self.tcp, self.script, self.settings, self.version = tcp, script, settings, settings.version
        version = self.version
        self.record_version = min(version, 0x0303)
        self.reader, self.writer = Plain(), Plain()
        self.transcript = bytearray()
        self.handshake_bytes = bytearray()  # received, not yet a whole message
        self.pending = []                   # records that wait for the end of the flight
        self.merging = None                 # (kind, writer, bytes) that the next message joins
        self.held = None                    # what is to be sent after the next message
        self.skips_undecryptable = False    # early data that was refused

    # Out ------------------------------------------------------------------------------------------------------------

    def send(self, name, fields, complete=None):
        """A message, into the flight that flush() sends. Its fields are returned as they were sent."""
        entries = self.script.at(name)
        self.act(entries, "before")
        fields = scripts.edit(fields, entries, complete)
        data = self.composed(name, fields, entries)
        copies = 0 if any(entry.get("do") == "omit" for entry in entries) else 1
        for entry in entries:
            if "compress" in entry:
                data, name = self.compressed(name, fields, entry["compress"])
            if entry.get("do") == "replace":
                data, name = self.composed_of(entry["message"])
            copies += entry.get("times", 1) if entry.get("do") == "repeat" else 0
        options = {key: value for entry in entries for key, value in entry.get("record", {}).items()}
        if any(entry.get("do") == "hold" for entry in entries):
            self.held = (name, data, options)
            copies = 0
        for _ in range(copies):
            self.put(name, data, options)
        if copies and self.held:
            held, self.held = self.held, None
            self.put(*held)
        self.act(entries, "after")
        return fields

    def composed(self, name, fields, entries):
        body = write_body(name, fields, self.version)
        for entry in entries:
            body = scripts.edit_body(body, entry)
        if name in CONTENT_OF:
            return body
        length = len(body) + sum(entry.get("length", 0) for entry in entries)
        return number(type_of(name), 1) + number(length, 3) + body

    def compressed(self, name, fields, how):
        """(bytes, name) of a Certificate that is sent compressed."""
        body = compressed(write_body(name, fields, self.version), how)
        edits = {edit: how[edit] for edit in ("cut", "extend", "garble") if edit in how}
        return self.composed("CompressedCertificate", {"body": body}, [edits]), "CompressedCertificate"

    def composed_of(self, message):
        """(bytes, name) of a message that a script spells out: {"type", "body"}."""
        name = message["type"]
        return self.composed(name, {"body": bytes.fromhex(message.get("body", ""))}, []), name

    def put(self, name, data, options):
        kind = CONTENT_OF.get(name, CONTENT["Handshake"])
        if kind == CONTENT["Handshake"] and name != "HelloRequest" and options.get("counts", True):
            self.transcript += data
        bare = options.get("plain") or self.version == 0x0304 and kind == CONTENT["ChangeCipherSpec"]
        writer = Plain() if bare else self.writer
        if self.merging and (self.merging[0] != kind or self.merging[1] is not writer):
            self.part()
        data = (self.merging[2] if self.merging else b"") + data
        self.merging = None
        if options.get("merge"):
            self.merging = (kind, writer, data)
            return
        kind = options.get("type", kind)
        for piece in self.pieces(data, options.get("split")):
            record = writer.seal(kind, options.get("version", self.record_version), piece)
            if options.get("corrupt"):
                record = record[:-1] + bytes([record[-1] ^ 1])
            self.pending.append(record)

    def part(self):
        """What waited for company goes alone."""
        if self.merging:
            kind, writer, data = self.merging
            self.merging = None
            self.pending.append(writer.seal(kind, self.record_version, data))

    @staticmethod
    def pieces(data, size):
        size = size or 2 ** 14
        return [data[at:at + size] for at in range(0, len(data), size)] or [b""]

    def flush(self):
        self.part()
        data, self.pending = b"".join(self.pending), []
        if data:
            self.write(data)

    def write(self, data):
        try:
            self.tcp.sendall(data)
        except OSError as error:
            raise Ended("peer", f"cannot write: {error}") from None

    def reach(self, point):
        """A point of the connection at which nothing is sent of itself."""
        entries = self.script.at(point)
        self.act(entries, None)
        return entries

    # What a script may do beside messages -----------------------------------------------------------------------------

    def act(self, entries, where):
        for entry in entries:
            if where is None or entry.get("where", "before") == where:
                action = getattr(self, "do_" + entry.get("do", "nothing"), None)
                if action:
                    action(entry)

    def do_insert(self, entry):
        for _ in range(entry.get("times", 1)):
            data, name = self.composed_of(entry["message"])
            self.put(name, data, entry.get("record", {}))

    def do_raw(self, entry):
        """Bytes as they are, of no record. "times" may make them many."""
        self.flush()
        self.write(bytes.fromhex(entry["bytes"]) * entry.get("times", 1))

    def do_alert(self, entry):
        level = entry.get("level", 2)
        alert = bytes([level, code_of(ALERT, entry["alert"])]) * entry.get("together", 1)
        for _ in range(entry.get("times", 1)):
            self.put("Alert", alert, entry.get("record", {}))
        self.flush()
        if level == 2 and not entry.get("goes_on"):
            raise Ended("script", "an alert by script")

    def do_close(self, entry):
        self.flush()
        raise Ended("script", "closed by script")

    def do_reset(self, entry):
        self.flush()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tcp.close()
        raise Ended("script", "reset by script")

    def do_half_close(self, entry):
        self.flush()
        self.tcp.shutdown(socket.SHUT_WR)

    def do_hang(self, entry):
        self.flush()
        wait_for_ever()

    def do_die(self, entry):
        self.flush()
        os._exit(entry.get("code", 1))

    def do_kill(self, entry):
        self.flush()
        os.kill(os.getpid(), entry.get("signal", 11))
        wait_for_ever()  # it may reach another thread first

    def do_delay(self, entry):
        """Milliseconds of true time."""
        self.flush()
        wait(entry["ms"] / 1000)

    def do_update_keys(self, entry):
        """TLS 1.3: a KeyUpdate, and what follows is sealed by new keys."""
        self.send("KeyUpdate", {"request": entry.get("request", 0)})
        self.part()
        self.writer = self.writer.updated()

    def do_flush(self, entry):
        self.flush()

    def do_print(self, entry):
        for _ in range(entry.get("times", 1)):
            print(entry["text"], flush=entry.get("times", 1) == 1)

    # In -------------------------------------------------------------------------------------------------------------

    def read_exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                got = self.tcp.recv(size - len(data))
            except OSError as error:
                raise Ended("peer", f"cannot read: {error}") from None
            if not got:
                raise Ended("peer", "the connection was closed" + (" within a record" if data else ""))
            data += got
        return data

    def read_record(self):
        """(kind, content) of the next record, alerts and the ChangeCipherSpec of TLS 1.3 among them."""
        header = self.read_exactly(5)
        kind, version = header[0], int.from_bytes(header[1:3], "big")
        data = self.read_exactly(int.from_bytes(header[3:], "big"))
        if self.version == 0x0304 and kind == CONTENT["ChangeCipherSpec"]:
            return self.read_record()
        try:
            if self.version == 0x0304 and kind == CONTENT["Alert"] and len(data) == 2:
                return kind, data  # of a peer that has no keys yet
            return self.reader.open(kind, version, data)
        except BadRecord:
            if self.skips_undecryptable:
                return self.read_record()
            self.fail("bad_record_mac", "a record that the key does not open")

    def next(self):
        """The next message of any kind."""
        self.flush()
        while True:
            message = self.whole_message()
            if message:
                return message
            kind, data = self.read_record()
            if kind == CONTENT["Handshake"]:
                self.handshake_bytes += data
            elif kind == CONTENT["Alert"]:
                self.take_alert(data)
            elif kind == CONTENT["ChangeCipherSpec"]:
                return Message("ChangeCipherSpec", {"body": data}, len(self.transcript))
            elif kind == CONTENT["ApplicationData"]:
                return Message("ApplicationData", {"data": data}, len(self.transcript))
            else:
                self.fail("unexpected_message", f"a record of type {kind}")

    def whole_message(self):
        size = 4 + int.from_bytes(self.handshake_bytes[1:4], "big")
        if len(self.handshake_bytes) < max(size, 4):
            return None
        data = bytes(self.handshake_bytes[:size])
        del self.handshake_bytes[:size]
        name = HANDSHAKE_NAMES.get(data[0], f"handshake type {data[0]}")
        try:
            fields = read_body(name, data[4:], self.version)
        except Malformed as wrong:
            self.fail("decode_error", f"{name}: {wrong}")
        start = len(self.transcript)
        if name != "HelloRequest":
            self.transcript += data
        return Message(name_of(name, fields), fields, start)

    def take_alert(self, data):
        if len(data) < 2:
            self.fail("decode_error", "half an alert")
        name = ALERT_NAMES.get(data[1], str(data[1]))
        if name == "close_notify" or data[0] == 2 or self.version == 0x0304:
            raise Ended("peer", f"the peer's alert {name}", name)

    def receive(self, *names):
        """The next message, which must be one of these."""
        message = self.next()
        if message.name not in names:
            self.fail("unexpected_message", f"{message.name} where {' or '.join(names)} must come")
        self.reach("received " + message.name)
        return message

    def receive_certificate(self, *others, compressions=()):
        """A Certificate or one of the others; by those algorithms it may be compressed (RFC 8879, section 4)."""
        message = self.receive("Certificate", *others, *(["CompressedCertificate"] if compressions else []))
        if message.name == "CompressedCertificate":
            self.check("compression", message["algorithm"] in compressions, "illegal_parameter")
            self.check("compressed length", message["body"] is not None, "bad_certificate")
            try:
                message.fields = read_body("Certificate", message["body"], self.version)
            except Malformed as error:
                self.fail("bad_certificate", str(error))
        return message

    # Judging ----------------------------------------------------------------------------------------------------------

    def check(self, what, holds, alert):
        """What a healthy peer insists on; a script may have it ignored."""
        if not holds and what not in self.script.choice("ignore", ()):
            self.fail(alert, what)

    def fail(self, alert, text):
        """Ends the connection with an alert of ours."""
        entries = self.script.at("failing")
        self.act(entries, None)
        if not any(entry.get("do") == "omit" for entry in entries):
            code = code_of(ALERT, next((entry["alert"] for entry in entries if "alert" in entry), alert))
            try:
                self.part()
                self.put("Alert", bytes([2, code]), {})
                self.flush()
            except Ended:
                pass
        raise Ended("us", text, alert)

    def say_goodbye(self):
        """close_notify, and our half of the connection is closed."""
        self.send("close_notify", {"body": bytes([1, ALERT["close_notify"]])})
        self.flush()

    def log_secrets(self, random, secrets):
        """Appends to the key log, in NSS format: {label: secret}."""
        path = self.settings.keylog
        if path and self.script.choice("keylog", True):
            with open(path, "a") as file:
                file.write("".join(f"{label} {random.hex()} {secret.hex()}\n" for label, secret in secrets.items()))

    def key_update(self, message):
        """The peer has new keys; so have we, if it asks."""
        self.reader = self.reader.updated()
        if message["request"]:
            self.send("KeyUpdate", {"request": 0})
            self.writer = self.writer.updated()
