"""A whole adapter: Python's ssl, and nothing beside the standard library."""

import json
import socket
import ssl
import sys
import time
import warnings

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}
SAID = {"TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}
KNOWN = {"hello": {"do", "protocol"},
         "configure": {"do", "tls", "server_name", "ca", "certificate", "ciphers", "keylog"},
         "connect": {"do", "connection", "host", "port", "offer", "session", "request", "read", "clock_offset_s"}}

warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0 and 1.1


class Failure(Exception):
    """How a connection failed: at which stage, in whose words."""

    def __init__(self, stage, error):
        super().__init__(str(error))
        self.answer = {"stage": stage, "text": str(error), "code": type(error).__name__}


class Unimplemented(Exception):
    """What this adapter cannot do. To ignore it would be a lie."""


class Example:
    def hello(self, order):
        if order["protocol"] != 1:
            raise Unimplemented("hello.protocol")
        return {"protocol": 1, "library": "Python ssl", "version": ssl.OPENSSL_VERSION, "carry": "cache",
                "time": time.time()}

    def configure(self, order):
        if order["tls"] not in VERSIONS:
            raise Unimplemented("configure.tls")
        for field in "certificate", "ciphers":
            if order[field] is not None:
                raise Unimplemented("configure." + field)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = VERSIONS[order["tls"]]
        context.load_verify_locations(order["ca"])
        if order["keylog"]:
            context.keylog_filename = order["keylog"]
        self.context, self.server_name = context, order["server_name"]
        self.newest, self.newest_after = None, {}
        return {}

    def connect(self, order):
        for field in "session", "clock_offset_s":
            if order.get(field) is not None:
                raise Unimplemented("connect." + field)
        if order.get("read", "all") not in ("all", "none"):
            raise Unimplemented("connect.read")
        offered = self.offered(order["offer"])
        self.newest_after[order["connection"]] = self.newest
        said = {"tickets_received": None, "session": None}
        stage = "connect"
        try:
            with socket.create_connection((order["host"], order["port"])) as tcp:
                tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stage = "handshake"
                tls = self.context.wrap_socket(tcp, server_hostname=self.server_name, session=offered,
                                               suppress_ragged_eofs=False)
                said.update(resumed=tls.session_reused, version=SAID[tls.version()], cipher=tls.cipher()[0])
                stage = "write"
                tls.sendall((order["request"] or "").encode())
                stage = "read"
                if order.get("read", "all") == "all":
                    said["response_bytes"] = sum(len(data) for data in iter(lambda: tls.recv(16384), b""))
                self.keep(order["connection"], tls.session)
                stage = "close"
                tls.setblocking(False)
                self.close(tls)
        except ssl.SSLCertVerificationError as error:
            raise Failure("verify", error) from None
        except OSError as error:
            raise Failure(stage, error) from None
        return said

    def offered(self, offer):
        if offer not in ("latest", "none") and type(offer) is not int:
            raise Unimplemented("connect.offer")
        return {"latest": self.newest, "none": None}.get(offer, self.newest_after.get(offer))

    def keep(self, connection, session):
        """ssl gives a session in any case: one with neither ticket nor ID is no way to resume."""
        if session is not None and (session.has_ticket or session.id):
            self.newest = self.newest_after[connection] = session

    def close(self, tls):
        """Sends close_notify; a peer that has sent its own may be gone."""
        try:
            tls.unwrap()
        except OSError:
            pass


def answer(adapter, line):
    try:
        order = json.loads(line)
    except ValueError as error:
        return {"ok": False, "error": {"stage": "protocol", "text": str(error)}}
    if not isinstance(order, dict):
        return {"ok": False, "error": {"stage": "protocol", "text": "not a JSON object"}}
    try:
        if order.get("do") not in KNOWN:
            raise Unimplemented(str(order.get("do")))
        for field in order.keys() - KNOWN[order["do"]]:
            raise Unimplemented(f"{order['do']}.{field}")
        return {"ok": True, **getattr(adapter, order["do"])(order)}
    except Unimplemented as what:
        return {"ok": False, "unimplemented": str(what)}
    except Failure as failure:
        return {"ok": False, "error": failure.answer}


def serve(adapter):
    for line in sys.stdin:
        print(json.dumps(answer(adapter, line)), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(89)
    serve(Example())
