"""Python's ssl: SSLSocket.session once the response has been read, wrap_socket(session=...) for the next connection."""

import errno
import socket
import ssl
import warnings

from protocol import Failure, Unimplemented, malformed, serve

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2,
            "1.3": ssl.TLSVersion.TLSv1_3}
SAID = {"TLSv1": "1.0", "TLSv1.1": "1.1", "TLSv1.2": "1.2", "TLSv1.3": "1.3"}

warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0 and 1.1


def failure_of(stage, error):
    if isinstance(error, ssl.SSLCertVerificationError):
        return Failure("verify", str(error), error.verify_code)
    if isinstance(error, ssl.SSLError):
        return Failure(stage, str(error), error.reason or error.errno)
    return Failure(stage, str(error), errno.errorcode.get(error.errno, error.errno))


def attempt(stage, call, *arguments, **keywords):
    try:
        return call(*arguments, **keywords)
    except OSError as error:
        raise failure_of(stage, error) from None


def choose_ciphers(context, names):
    context.set_ciphers("ALL:@SECLEVEL=0")
    known = {cipher["name"] for cipher in context.get_ciphers()}
    for name in names:
        if name not in known:
            raise Unimplemented(f"configure.ciphers {name}")
    context.set_ciphers(":".join(names) + ":@SECLEVEL=0")


def lacking():
    """Capabilities of the manifest that stand for a suite which this build's libssl has not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    known = {cipher["name"] for cipher in context.get_ciphers()}
    suites = {"dhe_rsa": "DHE-RSA-AES256-SHA", "rsa_kx": "AES128-SHA"}
    return {word: f"this build has no {suite}" for word, suite in suites.items() if suite not in known}


def make_context(settings):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.ciphers is None:
        context.set_ciphers("ALL:!aNULL:@SECLEVEL=0")
    else:
        choose_ciphers(context, settings.ciphers)
    context.minimum_version = context.maximum_version = VERSIONS[settings.tls]
    attempt("protocol", context.load_verify_locations, settings.ca)
    if settings.certificate:
        attempt("protocol", context.load_cert_chain, *settings.certificate)
    if settings.keylog:
        attempt("protocol", setattr, context, "keylog_filename", settings.keylog)
    return context


class PythonSsl:
    """One SSLContext, and the newest session beside what was the newest after each connection."""

    library = "Python ssl"
    version = ssl.OPENSSL_VERSION
    cannot = lacking()

    def configure(self, settings):
        self.context = make_context(settings)
        self.server_name = settings.server_name
        self.newest = None
        self.newest_after = {}

    def connect(self, order, result):
        offered = self.choose(order.offer)
        self.newest_after[order.connection] = self.newest
        tcp = attempt("connect", socket.create_connection, order.address)
        with tcp:
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls = attempt("handshake", self.context.wrap_socket, tcp, server_hostname=self.server_name,
                          session=offered, suppress_ragged_eofs=False)
        with tls:
            result.update(resumed=tls.session_reused, version=SAID[tls.version()], cipher=tls.cipher()[0])
            self.exchange(tls, order, result)
            self.keep(tls.session, order, result)
            self.close(tls, order)

    def keep(self, session, order, result):
        """ssl gives a session in any case: one with neither ticket nor ID is no way to resume."""
        if session is None or not (session.has_ticket or session.id):
            return
        result["session_id"] = session.id.hex()
        self.newest = self.newest_after[order.connection] = session

    def choose(self, offer):
        if offer == "none":
            return None
        if offer == "latest":
            return self.newest
        if offer not in self.newest_after:
            raise malformed(f"connection {offer} has not been made")
        return self.newest_after[offer]

    def exchange(self, tls, order, result):
        if order.request is not None:
            attempt("write", tls.sendall, order.request.encode())
        if not order.read_response:
            return
        result["response_bytes"] = 0
        while data := attempt("read", tls.recv, 16384):
            result["response_bytes"] += len(data)

    def close(self, tls, order):
        """Sends close_notify. What the peer sends in answer no longer matters, and a peer that closed first may be gone."""
        tls.setblocking(False)
        try:
            tls.unwrap()
        except ssl.SSLError:
            pass
        except OSError as error:
            if not order.read_response:
                raise failure_of("close", error) from None


serve(PythonSsl())
