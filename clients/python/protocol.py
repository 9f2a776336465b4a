"""The line protocol of clients/PROTOCOL.md, for an adapter with the carry `cache`.

An adapter is an object with `library`, `version`, `configure(settings)` and `connect(order, result)`. It raises Failure
or Unimplemented, and notes in the dictionary `result` what the library told, as soon as it is told.
"""

import json
import time
import sys

TLS = ("1.0", "1.1", "1.2", "1.3")


class Failure(Exception):
    """How a command ended that did not go well: a stage, the library's own words, and its number or name for them."""

    def __init__(self, stage, text, code=None):
        super().__init__(text)
        self.answer = {"stage": stage, "text": text, "code": None if code is None else str(code)}


class Unimplemented(Exception):
    """A command or value that the adapter does not know how to carry out. Raised before anything has changed."""


def malformed(text):
    return Failure("protocol", text)


class Fields:
    """The fields of one JSON object. One that is not known and not null is unimplemented: to ignore it would be a lie."""

    def __init__(self, values, path, known):
        self.values, self.path = values, path
        for name, value in values.items():
            if value is not None and name not in known:
                raise Unimplemented(f"{path}.{name}")

    def find(self, name, kind):
        value = self.values.get(name)
        if value is not None and type(value) is not kind:
            raise malformed(f"{self.path}.{name} has the wrong type: {json.dumps(value)}")
        return value

    def get(self, name, kind):
        value = self.find(name, kind)
        if value is None:
            raise malformed(f"{self.path}.{name} is missing")
        return value

    def positive(self, name, limit):
        value = self.get(name, int)
        if not 1 <= value <= limit:
            raise malformed(f"{self.path}.{name} is out of range: {value}")
        return value


class Settings:
    """The `configure` command. `certificate` is None or the paths (cert, key); `ciphers` None or OpenSSL's names."""

    def __init__(self, command):
        fields = Fields(command, "configure", ("do", "tls", "server_name", "ca", "certificate", "ciphers", "keylog"))
        self.tls = fields.get("tls", str)
        if self.tls not in TLS:
            raise Unimplemented(f"configure.tls {self.tls}")
        self.server_name = fields.get("server_name", str)
        self.ca = fields.get("ca", str)
        self.keylog = fields.find("keylog", str)
        self.ciphers = fields.find("ciphers", list)
        if self.ciphers is not None and not (self.ciphers and all(isinstance(name, str) for name in self.ciphers)):
            raise malformed("configure.ciphers is not a list of names")
        certificate = fields.find("certificate", dict)
        if certificate is not None:
            certificate = Fields(certificate, "configure.certificate", ("cert", "key"))
            certificate = certificate.get("cert", str), certificate.get("key", str)
        self.certificate = certificate


class Order:
    """The `connect` command. `offer` is "latest", "none", or the number of an earlier connection."""

    def __init__(self, command):
        fields = Fields(command, "connect", ("do", "connection", "host", "port", "offer", "request", "read"))
        self.connection = fields.positive("connection", 2**31 - 1)
        self.address = fields.get("host", str), fields.positive("port", 65535)
        self.offer = fields.values.get("offer")
        if type(self.offer) is int:
            fields.positive("offer", 2**31 - 1)
        elif fields.get("offer", str) not in ("latest", "none"):
            raise Unimplemented(f"connect.offer {self.offer}")
        self.request = fields.find("request", str)
        read = fields.find("read", str)
        if read not in (None, "all", "none"):
            raise Unimplemented(f"connect.read {read}")
        self.read_response = read != "none"


def parse(line):
    try:
        command = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise malformed(f"the line is not JSON: {error}") from None
    if not isinstance(command, dict):
        raise malformed("the line is not a JSON object")
    if not isinstance(command.get("do"), str):
        raise malformed("the object does not say what to do")
    return command


class Conversation:
    """A line in, an answer out."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.configured = False

    def hello(self, command):
        protocol = Fields(command, "hello", ("do", "protocol")).get("protocol", int)
        if protocol != 1:
            raise Unimplemented(f"hello.protocol {protocol}")
        answer = {"ok": True, "protocol": 1, "library": self.adapter.library, "version": self.adapter.version,
                  "carry": "cache", "time": time.time()}
        return {**answer, "cannot": self.adapter.cannot} if self.adapter.cannot else answer

    def configure(self, command):
        self.adapter.configure(Settings(command))
        self.configured = True
        return {"ok": True}

    def connect(self, command):
        if not self.configured:
            raise malformed("connect before configure")
        order = Order(command)
        answer = dict.fromkeys(("resumed", "version", "cipher", "session_id", "tickets_received", "response_bytes",
                                "session"))
        try:
            self.adapter.connect(order, answer)
        except Failure as failure:
            return {"ok": False, "error": failure.answer, **answer}
        return {"ok": True, **answer}

    def answer(self, line):
        verbs = {"hello": self.hello, "configure": self.configure, "connect": self.connect}
        try:
            command = parse(line)
            if command["do"] not in verbs:
                raise Unimplemented(command["do"])
            return verbs[command["do"]](command)
        except Failure as failure:
            return {"ok": False, "error": failure.answer}
        except Unimplemented as what:
            return {"ok": False, "unimplemented": str(what)}


def serve(adapter):
    """The body of an adapter's main program: serves stdin and stdout until the end of input."""
    if len(sys.argv) > 1:
        sys.exit(89)
    conversation = Conversation(adapter)
    for line in sys.stdin.buffer:
        print(json.dumps(conversation.answer(line)), flush=True)
