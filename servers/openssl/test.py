#!/usr/bin/env python3
"""test.py OPENSSL_DEST DOUBLE_TICKET_DEST

Holds the builds of the servers openssl and openssl-double-ticket to what their manifests promise. The peer is the
machine's own `openssl s_client`; both sides see a wall clock that stands still and moves only when told.
"""

import glob
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
AGES = {"renew_after": 10, "expire_after": 20}
VERSIONS = {"1.0": "-tls1", "1.1": "-tls1_1", "1.2": "-tls1_2", "1.3": "-tls1_3"}
SEED_CIPHER = "DHE-RSA-AES256-SHA"
DECISION = re.compile(r"^ticket-key op=(\w+) key=([0-9a-f]{32}) age=(\d+|-) result=(-?\d)$", re.M)


class Clock:
    """The wall clock of every process started with its environment."""

    def __init__(self, folder):
        libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not libraries:
            sys.exit("libfaketime is not installed")
        self.file = folder / "clock"
        self.start = int(time.time())
        self.environment = {
            "PATH": os.environ["PATH"], "TZ": "UTC", "OPENSSL_CONF": "/dev/null", "LD_PRELOAD": libraries[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}
        self.set(0)

    def set(self, seconds):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(self.start + seconds)))
        fresh.rename(self.file)


class Certificates:
    """A CA, a server's RSA and ECDSA certificates and a client's, and a client's that nobody vouches for."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "request.cnf").write_text(
            "[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\nbasicConstraints=critical,CA:true\n")
        ec = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        self.make("ca", ec)
        self.make("rsa", ["rsa:2048"], "ca")
        self.make("ecdsa", ec, "ca")
        self.make("client", ec, "ca")
        self.make("stranger", ec)

    def make(self, name, key, issuer=None):
        def openssl(*argv):
            subprocess.run(["openssl", *argv], cwd=self.folder, check=True, stderr=subprocess.DEVNULL)

        request = ["req", "-config", "request.cnf", "-newkey", *key, "-nodes", "-subj", f"/CN={name}",
                   "-keyout", f"{name}.key"]
        if issuer is None:
            openssl(*request, "-x509", "-days", "30", "-out", f"{name}.pem")
        else:
            openssl(*request, "-out", f"{name}.csr")
            openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key",
                    "-days", "30", "-out", f"{name}.pem")

    def path(self, name):
        return str(self.folder / name)


def manifest_of(server):
    text = (HERE.parent / server / "server.json").read_text()
    own = json.loads(re.sub(r"(^|\s)//.*", "", text))
    return {**manifest_of(own["like"]), **own} if "like" in own else own


class Server:
    """A server launched as its manifest says."""

    def __init__(self, build, tls, policy, ciphers="ALL", options=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=lab.folder))
        self.socket = self.folder / "socket"
        manifest = manifest_of(build)
        values = {
            "binary": str(lab.builds[build] / manifest["binary"]), "socket": str(self.socket),
            "keylog": str(self.folder / "keylog"), "ciphers": ciphers + ":@SECLEVEL=0", "ca": lab.certificates.path("ca.pem"),
            "cert": lab.certificates.path("rsa.pem"), "key": lab.certificates.path("rsa.key"),
            "ecdsa_cert": lab.certificates.path("ecdsa.pem"), "ecdsa_key": lab.certificates.path("ecdsa.key")}
        argv = []
        for argument in manifest["argv"]:
            if argument == "{tls}":
                argv += manifest["tls"][tls]["args"]
            elif argument == "{policy}":
                for key, value in policy.items():
                    fragment = manifest["policy"][key]
                    fragment = fragment["values"][value] if "values" in fragment else fragment
                    argv += [part.replace("{value}", str(value)) for part in fragment["args"]]
            else:
                argv.append(argument)
        argv = [re.sub(r"\{([a-z_]+)\}", lambda name: values[name[1]], part) for part in argv] + [*options]
        self.log_file = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(argv, cwd=self.folder, env=lab.clock.environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log_file, text=True)
        for line in self.process.stdout:
            if manifest["ready"] in line:
                return
        raise AssertionError(f"the server did not start: {self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(1)
        self.process.stdout.close()
        self.log_file.close()

    def log(self):
        return (self.folder / "log").read_text()

    def decisions(self):
        """(operation, key, age, result) of each line since the last call."""
        found = DECISION.findall(self.log())
        fresh = found[getattr(self, "seen", 0):]
        self.seen = len(found)
        return fresh

    def connect(self, tls, offer=None, keep=None, cipher="ALL", certificate=None):
        """One connection, offering and keeping the sessions of these names."""
        argv = ["openssl", "s_client", "-unix", str(self.socket), "-ign_eof", "-msg", VERSIONS[tls],
                "-cipher", cipher + ":@SECLEVEL=0"]
        if offer:
            argv += ["-sess_in", str(self.folder / offer)]
        if keep:
            argv += ["-sess_out", str(self.folder / keep)]
        if certificate:
            argv += ["-cert", lab.certificates.path(certificate + ".pem"),
                     "-key", lab.certificates.path(certificate + ".key")]
        done = subprocess.run(argv, env=lab.clock.environment, input=b"GET / HTTP/1.0\r\n\r\n",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=10)
        connection = Connection(done.stdout.decode(errors="replace"))
        if keep and not (self.folder / keep).exists():
            raise AssertionError(f"no session to keep:\n{connection.text}{self.log()}")
        return connection


def messages(text, here):
    """(message, body) of each that -msg prints, with its sender's name; `here` is who printed it."""
    there = {"client": "server", "server": "client"}[here]
    for arrow, kind, body in re.findall(r"^(<<<|>>>) [^,]+, (.*)\n((?:    .*\n)*)", text, re.M):
        if "RecordHeader" not in kind:
            name = kind.split("], ")[-1].split(" [")[0]
            yield f"{here if arrow == '>>>' else there} {name}", bytes.fromhex(body.replace("\n", ""))


class Connection:
    """What s_client saw. It does not show the server's ChangeCipherSpec."""

    def __init__(self, text):
        self.text = text
        self.answered = "HTTP/1.0 200 ok" in text
        self.resumed = "\nReused, " in text
        cipher = re.search(r"^(?:New|Reused), .*Cipher is (\S+)", text, re.M)
        self.cipher = cipher and cipher[1]
        self.messages = [name for name, _ in messages(text, "client")]
        self.hints = [int.from_bytes(body[4:8], "big") for name, body in messages(text, "client")
                      if name == "server NewSessionTicket"]
        self.alerts = [name for name in self.messages if " fatal " in name]


class Lab:
    def __init__(self, builds):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ti-server-"))
        self.builds = {server: pathlib.Path(build).resolve() for server, build in builds.items()}
        self.certificates = Certificates(self.folder)
        self.clock = Clock(self.folder)


class ServerTest(unittest.TestCase):
    server = "openssl"

    def setUp(self):
        lab.clock.set(0)

    def same(self, got, want, what):
        if got != want:
            self.fail(f"{what}\n got:  {got}\n want: {want}")

    def outcome(self, connection, resumed, tickets, what):
        self.same((connection.answered, connection.resumed, len(connection.hints)), (True, resumed, tickets),
                  f"{what}: answered, resumed, tickets\n{connection.text}")

    def refused(self, connection, alert, what):
        self.same((connection.answered, connection.alerts), (False, ["server " + alert]),
                  f"{what}: answered, alerts\n{connection.text}")


class Ages(ServerTest):
    def test_a_key_renews_then_expires(self):
        for tls in VERSIONS:
            fresh = 2 if tls == "1.3" else 1
            with self.subTest(tls=tls), Server(self.server, tls, AGES) as server:
                self.outcome(server.connect(tls, keep="A"), False, fresh, "at 0")
                sealed = server.decisions()
                key = sealed[0][1]
                self.same(sealed, [("encrypt", key, "0", "1")] * fresh, "log at 0")
                for at, result, tickets in ((5, "1", 0), (9, "1", 0), (10, "2", 1), (15, "2", 1), (19, "2", 1)):
                    lab.clock.set(at)
                    self.outcome(server.connect(tls, offer="A"), True, tickets, f"at {at}")
                    self.same(server.decisions()[0], ("decrypt", key, str(at), result), f"log at {at}")
                for at in (20, 25):
                    lab.clock.set(at)
                    self.outcome(server.connect(tls, offer="A"), False, fresh, f"at {at}")
                    self.same(server.decisions()[0], ("decrypt", key, str(at), "0"), f"log at {at}")
                lab.clock.set(0)

    def test_a_renewed_ticket_is_sealed_by_a_new_key_that_ages_too(self):
        with Server(self.server, "1.3", AGES) as server:
            server.connect("1.3", keep="A")
            old = server.decisions()[0][1]
            lab.clock.set(15)
            server.connect("1.3", offer="A", keep="B")
            decisions = server.decisions()
            new = decisions[1][1]
            self.assertNotEqual(old, new)
            self.same(decisions, [("decrypt", old, "15", "2"), ("encrypt", new, "0", "1")], "log at 15")
            for at, offer, want in ((24, "B", (new, "9", "1")), (19, "A", (old, "19", "2")),
                                    (25, "A", (old, "25", "0")), (25, "B", (new, "10", "2")),
                                    (35, "B", (new, "20", "0"))):
                lab.clock.set(at)
                server.connect("1.3", offer=offer)
                self.same(server.decisions()[0], ("decrypt", *want), f"{offer} at {at}")

    def test_without_expiry_every_generation_opens(self):
        with Server(self.server, "1.2", {"renew_after": 10}) as server:
            for generation in range(5):
                lab.clock.set(10 * generation)
                server.connect("1.2", keep=str(generation))
            keys = [key for _, key, _, _ in server.decisions()]
            self.same(len(set(keys)), 5, "different keys")
            for generation in range(5):
                self.outcome(server.connect("1.2", offer=str(generation)), True, 0 if generation == 4 else 1,
                             f"generation {generation}")
                self.same(server.decisions()[0],
                          ("decrypt", keys[generation], str(40 - 10 * generation), "1" if generation == 4 else "2"),
                          f"log of generation {generation}")

    def test_without_renewal_a_key_seals_until_it_expires(self):
        with Server(self.server, "1.2", {"expire_after": 20}) as server:
            for at, offer, want in ((0, None, [("0", "1")]), (19, "A", [("19", "1")]), (20, "A", [("20", "0"), ("0", "1")])):
                lab.clock.set(at)
                server.connect("1.2", offer=offer, keep=None if offer else "A")
                self.same([line[2:] for line in server.decisions()], want, f"age, result at {at}")

    def test_a_ticket_of_another_server_is_unknown(self):
        with Server(self.server, "1.2", AGES) as first, Server(self.server, "1.2", AGES) as second:
            first.connect("1.2", keep="A")
            shutil.copy(first.folder / "A", second.folder / "A")
            self.outcome(second.connect("1.2", offer="A"), False, 1, "offering it")
            self.same(second.decisions()[0], ("decrypt", first.decisions()[0][1], "-", "0"), "log")


class Script(ServerTest):
    def test_each_result(self):
        for tls, fresh in (("1.2", 1), ("1.3", 2)):
            for result in (0, 1, 2, -1):
                with self.subTest(tls=tls, result=result), \
                        Server(self.server, tls, {"callback_results": result}) as server:
                    server.connect(tls, keep="A")
                    server.decisions()
                    connection = server.connect(tls, offer="A")
                    if result < 0:
                        self.refused(connection, "fatal internal_error", "offering A")
                    else:
                        self.outcome(connection, result > 0, (fresh, 0, 1)[result], "offering A")
                    self.same(server.decisions()[0][2:], ("0", str(result)), "age, result")
                    self.outcome(server.connect(tls), False, fresh, "the next client")

    def test_in_order_and_the_last_repeats(self):
        with Server(self.server, "1.2", {"callback_results": "2,1,-1,0,2"}) as server:
            server.connect("1.2", keep="A")
            server.decisions()
            results = []
            for _ in range(7):
                server.connect("1.2", offer="A")
                results += [result for operation, _, _, result in server.decisions() if operation == "decrypt"]
            self.same(results, ["2", "1", "-1", "0", "2", "2", "2"], "results")


class Policies(ServerTest):
    def test_hint_of_a_renewed_ticket(self):
        if "renewed_hint" not in manifest_of(self.server)["policy"]:
            self.skipTest("libssl alone decides on the hint")
        for tls in ("1.0", "1.2"):
            for word, want in (("zero", 0), ("full", 7200)):
                with self.subTest(tls=tls, hint=word), \
                        Server(self.server, tls, {**AGES, "renewed_hint": word}) as server:
                    self.same(server.connect(tls, keep="A").hints, [7200], "first hint")
                    lab.clock.set(15)
                    self.same(server.connect(tls, offer="A").hints, [want], "renewed hint")
                    lab.clock.set(0)

    def test_tickets_off_and_counted(self):
        for tls, policy, want in (("1.2", {"tickets": "off"}, 0), ("1.3", {"tickets": "off"}, 0),
                                  ("1.2", {"tickets": "on"}, 1), ("1.3", {"tickets_per_handshake": 5}, 5)):
            with self.subTest(tls=tls, policy=policy), Server(self.server, tls, policy) as server:
                self.outcome(server.connect(tls), False, want, "full handshake")
                self.same(len(server.decisions()), want, "lines in the log")

    def test_client_certificate(self):
        for tls in ("1.0", "1.2", "1.3"):
            with self.subTest(tls=tls), \
                    Server(self.server, tls, {**AGES, "client_certificate": "request"}) as server:
                for certificate in (None, "client"):
                    connection = server.connect(tls, keep="A", certificate=certificate)
                    self.assertIn("server CertificateRequest", connection.messages)
                    self.outcome(connection, False, 2 if tls == "1.3" else 1, f"certificate {certificate}")
                    self.outcome(server.connect(tls, offer="A", certificate=certificate), True, 0, "resuming")
                self.assertEqual([alert for alert in server.connect(tls, certificate="stranger").alerts
                                  if alert.startswith("server")], ["server fatal unknown_ca"])

    def test_the_seeds_cipher(self):
        for tls in ("1.0", "1.1", "1.2"):
            with self.subTest(tls=tls), Server(self.server, tls, AGES, ciphers=SEED_CIPHER) as server:
                self.same(server.connect(tls).cipher, SEED_CIPHER, "cipher")

    def test_both_certificates(self):
        with Server(self.server, "1.2", {}) as server:
            for cipher in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES256-SHA"):
                self.same(server.connect("1.2", cipher=cipher).cipher, cipher, "cipher")

    def test_secrets_are_logged(self):
        for tls, label in (("1.2", "CLIENT_RANDOM "), ("1.3", "SERVER_TRAFFIC_SECRET_0 ")):
            with self.subTest(tls=tls), Server(self.server, tls, {}) as server:
                server.connect(tls)
                self.assertIn(label, (server.folder / "keylog").read_text())

    def test_bad_clients_do_no_harm(self):
        with Server(self.server, "1.2", {}) as server:
            for noise in (b"", b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x40\x00" + 99 * b"\xff", b"\x15\x03\x03\x00\x02\x02\x28"):
                with socket.socket(socket.AF_UNIX) as rude:
                    rude.connect(str(server.socket))
                    rude.sendall(noise)
            self.outcome(server.connect("1.2"), False, 1, "a good client")

    def test_closes_without_waiting_for_the_client(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with Server(self.server, "1.2", {}) as server, socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(5)
            plain.connect(str(server.socket))
            with socket.socket(fileno=os.dup(plain.fileno())) as below:
                secure = context.wrap_socket(plain, suppress_ragged_eofs=False)
                secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
                text = b"".join(iter(lambda: secure.recv(4096), b""))
                self.same(text, b"HTTP/1.0 200 ok\r\nContent-type: text/plain\r\n\r\nok\r\n", "answer, close_notify")
                below.settimeout(5)
                self.same(below.recv(1), b"", "end of file")
                secure.close()


class Options(ServerTest):
    def run_s_server(self, *options):
        return subprocess.run([lab.builds["openssl"] / "openssl", "s_server", "-nocert", "-unix", "unused", *options],
                              cwd=lab.folder, env=lab.clock.environment, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=5)

    def test_contradictions_are_refused(self):
        ages, results = "-ticket_expire_after must be greater", "Can't use -ticket_results together"
        for options, message in (
                (("-ticket_renew_after", "20", "-ticket_expire_after", "10"), ages),
                (("-ticket_renew_after", "10", "-ticket_expire_after", "10"), ages),
                (("-ticket_results", "1", "-ticket_renew_after", "10"), results),
                (("-ticket_results", "1", "-ticket_expire_after", "10"), results),
                (("-ticket_renew_after", "-5"), "Non-positive number"),
                (("-ticket_expire_after", "0"), "Non-positive number"),
                (("-ticket_renew_after", "10s"), "number"),
                (("-ticket_results", ""), "Invalid list of results"),
                (("-ticket_results", "3"), "Invalid list of results"),
                (("-ticket_results", "1,"), "Invalid list of results"),
                (("-ticket_results", "1;2"), "Invalid list of results"),
                (("-ticket_renewed_hint", "half"), "Value must be one of")):
            with self.subTest(options=options):
                done = self.run_s_server(*options)
                self.same(done.returncode, 1, f"exit status\n{done.stdout}")
                self.assertIn(message, done.stdout)

    def test_help_names_the_options(self):
        text = self.run_s_server("-help").stdout
        for option in ("log", "renew_after", "expire_after", "results", "renewed_hint"):
            self.assertIn(f"-ticket_{option} ", text)


class DoubleTicket(ServerTest):
    FLIGHT = ["server NewSessionTicket", "server ChangeCipherSpec", "server Finished"]
    RENEWAL = ["client ClientHello", "server ServerHello", *FLIGHT, "client Finished"]

    def renewal(self, build, tls):
        """The messages of a renewal as the server saw them, and the client's alerts."""
        with Server(build, tls, AGES, ciphers=SEED_CIPHER, options=("-msg", "-msgfile", "messages")) as server:
            def seen():
                return [name for name, _ in messages((server.folder / "messages").read_text(), "server")]

            server.connect(tls, keep="A")
            lab.clock.set(5)
            self.outcome(server.connect(tls, offer="A"), True, 0, "a young ticket")
            lab.clock.set(15)
            before = len(seen())
            alerts = server.connect(tls, offer="A").alerts
            renewal = seen()[before:]
            lab.clock.set(0)
            self.outcome(server.connect(tls), False, 1, "the next client")
        return [name for name in renewal if name != "client ChangeCipherSpec"], alerts

    def test_the_renewed_ticket_comes_twice(self):
        for tls in ("1.0", "1.1", "1.2"):
            with self.subTest(tls=tls):
                self.same(self.renewal("openssl", tls),
                          (self.RENEWAL + ["server warning close_notify"], []), "the healthy server")
                twice = self.RENEWAL + self.FLIGHT
                seen, alerts = self.renewal("openssl-double-ticket", tls)
                self.same((seen[:len(twice)], alerts), (twice, ["client fatal unexpected_message"]), "the other")

    def test_tls_1_3_is_untouched(self):
        with Server("openssl-double-ticket", "1.3", AGES) as server:
            server.connect("1.3", keep="A")
            lab.clock.set(15)
            self.outcome(server.connect("1.3", offer="A"), True, 1, "at 15")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    lab = Lab({"openssl": sys.argv[1], "openssl-double-ticket": sys.argv[2]})
    try:
        program = unittest.main(argv=sys.argv[:1] + sys.argv[3:], exit=False)
    finally:
        shutil.rmtree(lab.folder)
    sys.exit(not program.result.wasSuccessful())
