#!/usr/bin/env python3
"""test.py BUILD: tests the nginx in the folder BUILD, and how server.json launches it.

Clients are Python's ssl, and s_client where its words are needed. (s_client does not keep a ticket renewed below TLS
1.3.) The servers' clocks stand still, and are moved by libfaketime, forward only.
"""

import contextlib
import glob
import grp
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings

HERE = pathlib.Path(__file__).resolve().parent
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
SOCKETS = "http.sock", "stream.sock"
VERSIONS = "1.0", "1.1", "1.2", "1.3"
DEADLINE = 10  # seconds, for anything that is waited for
DECISION = re.compile(
    r" (\d+)#\d+: \*\d+ .*ticket-key op=(encrypt|decrypt) key=([0-9a-f]{32}) age=(\d+|-) result=(-?\d+)\b")

AGES = "ssl_session_ticket_renew_after 10s; ssl_session_ticket_expire_after 20s;"
CONFIG = """
daemon off; user %(user)s %(group)s; worker_processes %(workers)d; pid nginx.pid; error_log stderr info;
env LD_PRELOAD; env FAKETIME_SHARED; env FAKETIME_TIMESTAMP_FILE; env FAKETIME_NO_CACHE; env DONT_FAKE_MONOTONIC;
events { worker_connections 64; }
http {
    access_log off; client_body_temp_path tmp; keepalive_timeout 0; lingering_close off;
    ssl_certificate rsa.pem; ssl_certificate_key rsa.key; ssl_ciphers ALL:@SECLEVEL=0;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_session_cache off; ssl_keylog_file keylog; %(http)s
    server { listen unix:http.sock ssl; %(server)s location / { try_files /hello.txt =404; root .; } }
    server { listen unix:plain.sock; location / { try_files /hello.txt =404; root .; } }
    %(servers)s
}
stream {
    ssl_certificate rsa.pem; ssl_certificate_key rsa.key; ssl_ciphers ALL:@SECLEVEL=0;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_session_cache off; ssl_keylog_file keylog;
    server { listen unix:stream.sock ssl; %(stream)s proxy_pass unix:plain.sock; }
}
"""

failures = 0


def check(what, got, want):
    global failures
    if got != want:
        failures += 1
        print(f"FAILED {what}\n  got  {got!r}\n  want {want!r}", flush=True)


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {DEADLINE} s for {what}")
        time.sleep(0.002)


def openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


def make_certificates(folder):
    for name, how in ("rsa", ["rsa:2048"]), ("ecdsa", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]):
        openssl("req", "-x509", "-newkey", *how, "-nodes", "-subj", f"/CN={name}", "-days", "30",
                "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem")


class Server:
    """An nginx in a process group of its own, in `folder`, with a clock of its own."""

    def __init__(self, binary, folder, argv=None):
        self.folder = folder
        self.log = folder / "log"
        self.log.unlink(missing_ok=True)
        self.begun = time.time()
        self.offset = 0
        self.move_clock(0)
        env = {"PATH": os.environ["PATH"], "OPENSSL_CONF": "/dev/null", "LD_PRELOAD": faketime(),
               "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1",
               "TZ": "UTC"}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv or [binary, "-e", "stderr", "-p", str(folder), "-c", "nginx.conf"],
                                            cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGCONT)
        self.process.terminate()
        try:
            check("status after SIGTERM", self.process.wait(DEADLINE), 0)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        for left in glob.glob(f"/dev/shm/*faketime_s[eh]m_{self.process.pid}"):  # libfaketime's, not always removed
            os.unlink(left)
        if failure[0]:
            print(self.log.read_text(), file=sys.stderr)

    def text(self):
        return self.log.read_text()

    def wait_until_ready(self, text, count=1):
        def logged():
            if self.process.poll() is not None:
                raise RuntimeError(f"nginx ended:\n{self.text()}")
            return self.text().count(text) >= count
        try:
            wait_for(f"{text!r} in the log", logged)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise

    def move_clock(self, seconds):
        assert seconds >= self.offset
        self.offset = seconds
        fresh = self.folder / "clock.new"
        fresh.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(self.begun + seconds)))
        fresh.rename(self.folder / "clock")

    def decisions(self, since=0):
        """Those logged after the first `since` ones: (pid, op, key, age, result)."""
        return [(int(pid), op, key, None if age == "-" else int(age), int(result))
                for pid, op, key, age, result in DECISION.findall(self.text())][since:]


class Connection:
    """One request, and which decisions the server logged meanwhile. Sessions are kept by name in `sessions`."""

    sessions = {}
    contexts = {}

    def __init__(self, server, socket, version, offer=None, keep=None, options=0, keylog=None):
        before = len(server.decisions())
        context = self.context(version, options)
        context.keylog_filename = keylog
        with context.wrap_socket(unix_socket(server.folder / socket), session=self.sessions.get((offer, context)),
                                 suppress_ragged_eofs=False) as tls:
            tls.sendall(REQUEST)
            self.answer = b""
            while data := tls.recv(4096):  # fails if the end comes without close_notify
                self.answer += data
            self.shape = "resumed" if tls.session_reused else "full"
            if keep:
                self.sessions[keep, context] = tls.session
        self.decisions = server.decisions(before)

    @classmethod
    def context(cls, version, options):
        """The same one for the same arguments, since a session belongs to its context."""
        if (version, options) not in cls.contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0
                context.minimum_version = context.maximum_version = getattr(
                    ssl.TLSVersion, "TLSv1" if version == "1.0" else "TLSv" + version.replace(".", "_"))
            context.options |= options
            cls.contexts[version, options] = context
        return cls.contexts[version, options]


def unix_socket(path):
    end = socket.socket(socket.AF_UNIX)
    end.settimeout(DEADLINE)
    end.connect(str(path))
    return end


def s_client(server, name, version, *args):
    """Starts an `openssl s_client` that connects to the socket `name` and sends a request."""
    process = subprocess.Popen(
        ["openssl", "s_client", "-unix", str(server.folder / name), "-tls" + version.replace(".0", "").replace(".", "_"),
         "-ign_eof", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdin.write(REQUEST)
    process.stdin.flush()
    return process


def said(process):
    """What a program says until its end."""
    return process.communicate(None, DEADLINE)[0].decode(errors="replace")


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        sys.exit("libfaketime is not installed (Debian: apt-get install libfaketime)")
    return found[0]


def write_config(folder, workers=1, http=AGES, stream=AGES, server="", servers=""):
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    (folder / "nginx.conf").write_text(CONFIG % {"user": user, "group": group, "workers": workers, "http": http,
                                                 "stream": stream, "server": server, "servers": servers})
    (folder / "hello.txt").write_text("hello\n")


def start(binary, folder, **config):
    write_config(folder, **config)
    server = Server(binary, folder)
    server.wait_until_ready("start worker process ", config.get("workers", 1))
    return server


class Timeline:
    """Checks connections of one server, from now on. Keys are called K1, K2, ... in the order in which they appear."""

    def __init__(self, name, server, socket_name, version):
        self.name, self.server, self.socket_name, self.version = name, server, socket_name, version
        self.keys = {}
        self.offset = server.offset

    def at(self, seconds, shape, want, offer=None, keep=None):
        """`want`: (op, key, age, result) of each decision. Returns the connection."""
        self.server.move_clock(self.offset + seconds)
        got = Connection(self.server, self.socket_name, self.version, offer=offer, keep=keep)
        what = f"{self.name} {self.version} at {seconds}"
        check(f"{what}: answer", got.answer.splitlines()[-1:], [b"hello"])
        check(f"{what}: shape", got.shape, shape)
        self.check_decisions(what, got.decisions, want)
        return got

    def check_decisions(self, what, decisions, want):
        got = [(op, self.keys.setdefault(key, f"K{len(self.keys) + 1}"), age, result)
               for _, op, key, age, result in decisions]
        check(f"{what}: decisions", got, want)


def issued(version, key, age=0):
    """What a full handshake logs: TLS 1.3 hands out two tickets."""
    return [("encrypt", key, age, 1)] * (2 if version == "1.3" else 1)


def test_ages(server, name, version):
    line = Timeline(name, server, name, version)
    line.at(0, "full", issued(version, "K1"), keep="A")
    line.at(5, "resumed", [("decrypt", "K1", 5, 1)], offer="A")
    line.at(9, "resumed", [("decrypt", "K1", 9, 1)], offer="A")
    line.at(10, "resumed", [("decrypt", "K1", 10, 2), ("encrypt", "K2", 0, 1)], offer="A")
    line.at(15, "resumed", [("decrypt", "K1", 15, 2), ("encrypt", "K2", 5, 1)], offer="A", keep="B")
    line.at(19, "resumed", [("decrypt", "K1", 19, 2), ("encrypt", "K2", 9, 1)], offer="A")
    line.at(20, "full", [("decrypt", "K1", 20, 0), *issued(version, "K3")], offer="A", keep="C")
    line.at(25, "resumed", [("decrypt", "K2", 15, 2), ("encrypt", "K3", 5, 1)], offer="B")
    line.at(25, "full", [("decrypt", "K1", 25, 0), *issued(version, "K3", 5)], offer="A")
    line.at(100, "full", [("decrypt", "K3", 80, 0), *issued(version, "K4")], offer="C", keep="D")
    server.move_clock(server.offset + 100)


def test_one_worker(binary, folder):
    with start(binary, folder) as server:
        for name in SOCKETS:
            for version in VERSIONS:
                test_ages(server, name, version)
    with start(binary, folder) as server:
        line = Timeline("a key of another process", server, "http.sock", "1.2")
        line.at(0, "full", [("decrypt", "K1", None, 0), *issued("1.2", "K2")], offer="D")


def test_keylog(binary, folder):
    with start(binary, folder) as server:
        for name in SOCKETS:
            for version, lines in ("1.0", 1), ("1.2", 1), ("1.3", 5):
                before = len((folder / "keylog").read_text())
                (folder / "keylog.client").unlink(missing_ok=True)
                Connection(server, name, version, keylog=str(folder / "keylog.client"))
                logged = (folder / "keylog").read_text()[before:].splitlines()
                client = [line for line in (folder / "keylog.client").read_text().splitlines() if line[0] != "#"]
                check(f"{name} {version}: lines in the key log", len(logged), lines)
                check(f"{name} {version}: key log", sorted(logged), sorted(client))


def workers_of(server):
    with open(f"/proc/{server.process.pid}/task/{server.process.pid}/children") as children:
        return [int(pid) for pid in children.read().split()]


def is_stopped(pid):
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"


@contextlib.contextmanager
def only(worker, workers):
    """Stops the other workers, so that this one must serve."""
    others = [pid for pid in workers if pid != worker]
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
        wait_for("a worker to stop", lambda: is_stopped(pid))
    yield
    for pid in others:
        os.kill(pid, signal.SIGCONT)


def test_two_workers(binary, folder, name):
    with start(binary, folder, workers=2) as server:
        wait_for("two workers", lambda: len(workers_of(server)) == 2)
        workers = workers_of(server)
        for version in "1.2", "1.3":
            line = Timeline(f"two workers, {name}", server, name, version)
            steps = [(0, 0, "full", issued(version, "K1"), None, "A")]
            steps += [(1 + i // 2, (i + 1) % 2, "resumed", [("decrypt", "K1", 1 + i // 2, 1)], "A", None)
                      for i in range(16)]
            steps += [(10, 0, "resumed", [("decrypt", "K1", 10, 2), ("encrypt", "K2", 0, 1)], "A", "B"),
                      (11, 1, "resumed", [("decrypt", "K1", 11, 2), ("encrypt", "K2", 1, 1)], "A", None),
                      (12, 1, "resumed", [("decrypt", "K2", 2, 1)], "B", None),
                      (22, 1, "full", [("decrypt", "K1", 22, 0), *issued(version, "K3")], "A", None),
                      (22, 0, "resumed", [("decrypt", "K2", 12, 2), ("encrypt", "K3", 0, 1)], "B", None)]
            for seconds, worker, shape, want, offer, keep in steps:
                with only(workers[worker], workers):
                    got = line.at(seconds, shape, want, offer=offer, keep=keep)
                check(f"{line.name} at {seconds}: worker", {d[0] for d in got.decisions}, {workers[worker]})
            server.move_clock(server.offset + 100)

        # a rush when a key is due: all of them, and both workers, agree on one new key
        before = len(server.decisions())
        for client in [s_client(server, name, "1.2") for _ in range(24)]:
            said(client)
        rush = server.decisions(before)
        check(f"{line.name}: decisions in a rush", len(rush), 24)
        check(f"{line.name}: keys in a rush", len({key for _, _, key, _, _ in rush}), 1)


def reload(server, workers):
    old = workers_of(server)
    server.process.send_signal(signal.SIGHUP)
    wait_for("new workers", lambda: len(workers_of(server)) == workers and not set(old) & set(workers_of(server)))
    return workers_of(server)


def test_reload(binary, folder):
    with start(binary, folder, workers=2) as server:
        for name in SOCKETS:
            line = Timeline(f"reload, {name}", server, name, "1.2")
            line.at(0, "full", issued("1.2", "K1"), keep="A")
            workers = reload(server, 2)
            got = line.at(5, "resumed", [("decrypt", "K1", 5, 1)], offer="A")
            check(f"{line.name}: served by a new worker", got.decisions[0][0] in workers, True)
            line.at(6, "full", issued("1.2", "K1", 6))
            longer = "ssl_session_ticket_renew_after 20s; ssl_session_ticket_expire_after 40s;"
            write_config(folder, workers=2, http=longer, stream=longer)
            reload(server, 2)
            line.at(15, "resumed", [("decrypt", "K1", 15, 1)], offer="A")
            write_config(folder, workers=2)
            reload(server, 2)
            line.at(16, "resumed", [("decrypt", "K1", 16, 2), ("encrypt", "K2", 0, 1)], offer="A")
            server.move_clock(server.offset + 100)


def test_servers_side_by_side(binary, folder):
    """Keys that age are shared as far as one key file for all is: up to other certificates or client CAs."""
    (folder / "ticket.key").write_bytes(os.urandom(80))
    own = {"same.sock": "", "certificate.sock": "ssl_certificate ecdsa.pem; ssl_certificate_key ecdsa.key;",
           "ca.sock": "ssl_verify_client optional; ssl_client_certificate rsa.pem;"}
    servers = "".join(f"server {{ listen unix:{name} ssl; {text} location / {{ try_files /hello.txt =404; root .; }} }}"
                      for name, text in own.items())
    for keys, shared in (AGES, True), ("ssl_session_ticket_key ticket.key;", True), ("", False):
        with start(binary, folder, http=keys, stream=keys, servers=servers) as server:
            for version in "1.2", "1.3":
                Connection(server, "http.sock", version, keep="A")
                shapes = {name: Connection(server, name, version, offer="A").shape for name in (*SOCKETS, *own)}
                check(f"{version}: the http server's ticket at others, with {keys or 'neither'}", shapes,
                      {"http.sock": "resumed", "same.sock": "resumed" if shared else "full", "stream.sock": "full",
                       "certificate.sock": "full", "ca.sock": "full"})


def ages(renew=None, expire=None, more=""):
    return ((f"ssl_session_ticket_renew_after {renew}; " if renew else "")
            + (f"ssl_session_ticket_expire_after {expire}; " if expire else "") + more)


def test_configurations(binary, folder):
    renew, expire = '"ssl_session_ticket_renew_after"', '"ssl_session_ticket_expire_after"'
    (folder / "ticket.key").write_bytes(os.urandom(80))
    refused = [
        (ages("10s"), f"{renew} requires {expire}"),
        (ages(None, "20s"), f"{expire} requires {renew}"),
        (ages("10s", "10s"), f"{expire} must be greater than {renew}"),
        (ages("20s", "10s"), f"{expire} must be greater than {renew}"),
        (ages("0", "10s"), f"{renew} must be greater than zero"),
        (ages("10s", "0"), f"{expire} must be greater than {renew}"),
        (ages("10s", "20s", "ssl_session_tickets off;"), f'{renew} is incompatible with "ssl_session_tickets off"'),
        (ages("10s", "20s", "ssl_session_ticket_key ticket.key;"),
         f'{renew} is incompatible with "ssl_session_ticket_key"'),
        (ages("1s", "1d"), f"{expire} of any server must not exceed {renew} of any server more than 1022 times"),
        (ages("soon", "20s"), f"{renew} directive invalid value"),
        (ages("10s", "20s") + ages("10s"), f"{renew} directive is duplicate"),
    ]
    cases = [({"http": "", "stream": "", where: text}, message) for text, message in refused
             for where in ("http", "stream", "server")]
    cases += [({"http": AGES, "stream": ages("1ms", "2ms")}, f"{expire} of any server must not exceed")]
    accepted = [{}, {"http": "", "stream": ""}, {"server": "ssl_session_tickets off;"},
                {"server": "ssl_session_ticket_key ticket.key;"}, {"server": ages("1m", "2m")},
                {"server": ages(None, "30s")}, {"http": ages("500ms", "1s"), "stream": ages("1s", "500s")}]
    for config, message in cases + [(config, None) for config in accepted]:
        write_config(folder, **config)
        run = subprocess.run([binary, "-t", "-q", "-e", "stderr", "-p", str(folder), "-c", "nginx.conf"],
                             cwd=folder, capture_output=True, text=True, timeout=DEADLINE)
        emerg = [line for line in run.stderr.splitlines() if "[emerg]" in line]
        said = message if len(emerg) == 1 and message and f" {message}" in emerg[0] else emerg
        in_file = message is None or any(re.search(r" in .*nginx\.conf:\d+$", line) for line in emerg)
        check(f"nginx -t of {config}", (run.returncode, said, in_file), (1, message, True) if message else (0, [], True))


def launch(binary, folder, tls, **policy):
    """Starts nginx as server.json says."""
    manifest = json.loads(re.sub(r"//.*", "", (HERE / "server.json").read_text()))

    def fill(text, more={}):
        values = {"binary": str(binary), "dir": str(folder), "socket": f"{folder}/s", "keylog": f"{folder}/keylog",
                  "cert": f"{folder}/rsa.pem", "key": f"{folder}/rsa.key", "ecdsa_cert": f"{folder}/ecdsa.pem",
                  "ecdsa_key": f"{folder}/ecdsa.key", "ca": f"{folder}/rsa.pem", "ciphers": "ALL:@SECLEVEL=0", **more}
        return re.sub(r"\{([a-z_]+)\}", lambda name: values[name[1]], text)

    fragments = []
    for key, value in policy.items():
        known = manifest["policy"][key]
        known = known.get("values", {}).get(value, known)
        for text in known.get("config"), known.get("config_at", {}).get(tls):
            fragments.append(fill(text or "", {"value": str(value)}))
    variables = {"tls": manifest["tls"][tls]["config"], "policy": "\n".join(fragments)}
    for name, template in manifest["files"].items():
        (folder / name).write_text(fill((HERE / template).read_text(), variables))
    server = Server(binary, folder, [fill(arg) for arg in manifest["argv"]])
    server.wait_until_ready(manifest["ready"])
    return server


def test_manifest(binary, folder):
    for version in VERSIONS:
        with launch(binary, folder, version, renew_after=10, expire_after=20) as server:
            check(f"{version}: listens when ready", (folder / "s").is_socket(), True)
            line = Timeline("manifest", server, "s", version)
            line.at(0, "full", issued(version, "K1"), keep="A")
            line.at(15, "resumed", [("decrypt", "K1", 15, 2), ("encrypt", "K2", 0, 1)], offer="A")
            server.move_clock(server.offset + 100)
            if version != "1.3":
                for cipher in "DHE-RSA-AES256-SHA", "AES256-SHA", "ECDHE-ECDSA-AES256-SHA":
                    text = said(s_client(server, "s", version, "-cipher", cipher + ":@SECLEVEL=0"))
                    check(f"{version}: {cipher}", f"Cipher    : {cipher}\n" in text and "\nhello\n" in text, True)
            begun = time.monotonic()
        check(f"{version}: ended within a second", time.monotonic() - begun < 1, True)
        check(f"{version}: socket removed", (folder / "s").exists(), False)

    for version in "1.2", "1.3":
        with launch(binary, folder, version, client_certificate="request") as server:
            certificate = "-cert", f"{folder}/rsa.pem", "-key", f"{folder}/rsa.key"
            for args in certificate, ():
                text = said(s_client(server, "s", version, *args))
                check(f"{version}: asks for a certificate", "\nAcceptable client certificate CA names\nCN=rsa\n" in
                      text.replace("CN = rsa", "CN=rsa"), True)  # OpenSSL 3.2 and later leave the blanks out
                check(f"{version}: is content with {args}", "\nhello\n" in text, True)
        with launch(binary, folder, version, client_certificate="none", tickets="off") as server:
            text = said(s_client(server, "s", version))
            check(f"{version}: asks for no certificate", "\nNo client certificate CA names sent\n" in text, True)
            check(f"{version}: no tickets", ("TLS session ticket:" in text, server.decisions()), (False, []))
        with launch(binary, folder, version, tickets="on") as server:
            text = said(s_client(server, "s", version))
            check(f"{version}: tickets", ("TLS session ticket:" in text, len(server.decisions()) > 0), (True, True))

    with launch(binary, folder, "1.3", tickets_per_handshake=3) as server:
        check("tickets for a handshake", len(Connection(server, "s", "1.3").decisions), 3)
    with launch(binary, folder, "1.2") as server:
        Connection(server, "s", "1.2", keep="I", options=ssl.OP_NO_TICKET)
        got = Connection(server, "s", "1.2", offer="I", options=ssl.OP_NO_TICKET)
        check("no resumption by session id", (got.shape, got.decisions), ("full", []))


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} BUILD")
    os.environ["OPENSSL_CONF"] = "/dev/null"
    binary = str(pathlib.Path(sys.argv[1]).resolve() / "nginx")
    with tempfile.TemporaryDirectory(prefix="nginx test ") as folder:
        folder = pathlib.Path(folder)
        make_certificates(folder)
        test_configurations(binary, folder)
        test_one_worker(binary, folder)
        test_keylog(binary, folder)
        for name in SOCKETS:
            test_two_workers(binary, folder, name)
        test_reload(binary, folder)
        test_servers_side_by_side(binary, folder)
        test_manifest(binary, folder)
    print(f"{failures} failed" if failures else "passed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
