#!/usr/bin/env python3
"""test.py BUILD: tests the ticket hook in the folder BUILD on programs that nobody patched.

The server is the machine's own `openssl s_server`, the clients are Python's ssl. The server's clock stands still, and is
moved by libfaketime, forward only.
"""

import glob
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

DEADLINE = 10  # seconds, for anything that is waited for
DECISION = re.compile(r"^ticket-key op=(\w+) key=([0-9a-f]{32}) age=(\d+|-) result=(-?\d)$", re.M)
STATIC = "int main(void) { return 0; }"
OWN_CALLBACK = """
long SSL_CTX_callback_ctrl(void *, int, void (*)(void));
void *SSL_CTX_new(void *), *TLS_server_method(void);
static void own(void) {}
int main(void) { return SSL_CTX_callback_ctrl(SSL_CTX_new(TLS_server_method()), 72, own) != 1; }
"""
AFTER_FORK = """
#include <stdlib.h>
#include <unistd.h>
void *SSL_CTX_new(void *), *TLS_server_method(void);
int main(void) { clearenv(); if (fork() == 0) { close(2); return SSL_CTX_new(TLS_server_method()) == 0; } sleep(1); return 0; }
"""


def run(*argv, **more):
    return subprocess.run(argv, check=True, capture_output=True, text=True, timeout=60, **more)


class Server:
    """An s_server with the hook, told by its environment what to do."""

    def __init__(self, *arguments, **told):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=lab))
        self.start, self.offset = int(time.time()), 0
        self.move_clock(0)
        env = {"PATH": os.environ["PATH"], "OPENSSL_CONF": "/dev/null", "TZ": "UTC", "FAKETIME_NO_CACHE": "1",
               "FAKETIME_TIMESTAMP_FILE": str(self.folder / "clock"), "DONT_FAKE_MONOTONIC": "1",
               "LD_PRELOAD": f"{hook}:{faketime}", "TICKET_HOOK_KEYLOG": str(self.folder / "keylog"),
               **{f"TICKET_HOOK_{name.upper()}": str(value) for name, value in told.items()}}
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["openssl", "s_server", "-unix", "s", "-cert", lab / "cert.pem", "-key", lab / "key.pem", "-www", "-no_cache",
                 "-cipher", "ALL:@SECLEVEL=0", *arguments],
                cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.contexts = {}

    def __enter__(self):
        end = time.monotonic() + DEADLINE
        while "ACCEPT" not in self.text():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(self.text())
            time.sleep(0.01)
        return self

    def __exit__(self, *failure):
        self.process.kill()
        self.process.wait()
        for left in glob.glob(f"/dev/shm/*faketime_s[eh]m_{self.process.pid}"):  # libfaketime's
            os.unlink(left)

    def text(self):
        return self.log.read_text()

    def move_clock(self, seconds):
        fresh = self.folder / "clock.new"
        fresh.write_text(time.strftime("%Y-%m-%d %H:%M:%S\n", time.gmtime(self.start + seconds)))
        fresh.rename(self.folder / "clock")

    def connect(self, version, session=None, keylog=None):
        """Whether it resumed, the session to offer next, and what the server decided meanwhile."""
        before = len(DECISION.findall(self.text()))
        if version not in self.contexts:
            self.contexts[version] = context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
        context = self.contexts[version]
        context.keylog_filename = keylog
        plain = socket.socket(socket.AF_UNIX)
        plain.settimeout(DEADLINE)
        plain.connect(str(self.folder / "s"))
        with context.wrap_socket(plain, session=session) as tls:
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while tls.recv(4096):
                pass
            names = {}
            decisions = [(op, names.setdefault(key, len(names)), age, int(result))
                         for op, key, age, result in DECISION.findall(self.text())[before:]]
            return tls.session_reused, tls.session, decisions


class Hooked(unittest.TestCase):
    versions = {ssl.TLSVersion.TLSv1_2: 1, ssl.TLSVersion.TLSv1_3: 2}  # and the tickets of a full handshake

    def test_keys_age(self):
        for version, tickets in self.versions.items():
            with self.subTest(version), Server(renew_after=10, expire_after=20) as server:
                resumed, first, decisions = server.connect(version)
                self.assertEqual((resumed, decisions), (False, [("encrypt", 0, "0", 1)] * tickets))
                server.move_clock(9)
                self.assertEqual(server.connect(version, first)[::2], (True, [("decrypt", 0, "9", 1)]))
                server.move_clock(10)
                resumed, renewed, decisions = server.connect(version, first)
                self.assertEqual((resumed, decisions), (True, [("decrypt", 0, "10", 2), ("encrypt", 1, "0", 1)]))
                server.move_clock(20)
                resumed, _, decisions = server.connect(version, first)
                self.assertEqual((resumed, decisions[0]), (False, ("decrypt", 0, "20", 0)))
                self.assertTrue(server.connect(version, renewed)[0])

    def test_results_are_scripted(self):
        with Server(results="1,2,0") as server:
            session = server.connect(ssl.TLSVersion.TLSv1_2)[1]
            results = [server.connect(ssl.TLSVersion.TLSv1_2, session)[2][0][3] for _ in range(4)]
            self.assertEqual(results, [1, 2, 0, 0])

    def test_tickets_per_handshake(self):
        with Server(tickets=3) as server:
            self.assertEqual(len(server.connect(ssl.TLSVersion.TLSv1_3)[2]), 3)

    def test_a_session_outlives_its_keys(self):
        with Server(renew_after=5000, expire_after=10000) as server:
            _, session, _ = server.connect(ssl.TLSVersion.TLSv1_2)
            for seconds in range(6000, 36000, 6000):  # libssl's own timeout is 7200
                server.move_clock(seconds)
                resumed, session, _ = server.connect(ssl.TLSVersion.TLSv1_2, session)
                self.assertTrue(resumed, seconds)

    def test_key_log_is_the_clients(self):
        for version in self.versions:
            with self.subTest(version), Server() as server:
                theirs = server.folder / "client"
                server.connect(version, keylog=str(theirs))
                lines = {line for line in theirs.read_text().splitlines() if line[0] != "#"}
                self.assertEqual(set((server.folder / "keylog").read_text().splitlines()), lines)

    def test_it_testifies(self):
        with Server(renew_after=10, expire_after=20) as server:
            server.connect(ssl.TLSVersion.TLSv1_2)
            self.assertRegex(server.text(), r"(?m)^ticket-hook set libssl=/.*libssl\.so\S* version=OpenSSL .* "
                             "renew_after=10 expire_after=20 results=- keylog=callback$")

    def test_a_policy_that_cannot_be_is_refused(self):
        for told, why in (({"renew_after": 20, "expire_after": 10}, "a key expires after it is renewed"),
                          ({"results": "1,3"}, "results are -1, 0, 1 or 2, joined by commas"),
                          ({"results": "1", "renew_after": 10}, "results and ages exclude each other")):
            with self.subTest(told), Server(**told) as server:
                self.assertRegex(server.text(), f"(?m)^ticket-hook failed .*: {why}$")
                self.assertEqual(server.connect(ssl.TLSVersion.TLSv1_2)[2], [])


class Programs(unittest.TestCase):
    """What is small enough to be written here, linked against the system's libssl without its headers."""

    def run_program(self, text, *more):
        folder = pathlib.Path(tempfile.mkdtemp(dir=lab))
        (folder / "p.c").write_text(text)
        run("cc", "-o", folder / "p", folder / "p.c", *more)
        return run(folder / "p", env={"LD_PRELOAD": hook, "TICKET_HOOK_RENEW_AFTER": "5"}).stderr

    def test_one_without_libssl_gets_no_line(self):
        self.assertEqual(self.run_program(STATIC, "-static"), "")
        self.assertEqual(self.run_program(STATIC), "")

    def test_the_servers_own_callback_is_left_out_and_told(self):
        self.assertIn("ticket-hook left out the server's own ticket key callback\n",
                      self.run_program(OWN_CALLBACK, "-l:libssl.so.3"))

    def test_neither_environment_nor_stderr_need_live_on(self):
        self.assertIn("renew_after=5 ", self.run_program(AFTER_FORK, "-l:libssl.so.3"))


def main():
    global lab, hook, faketime
    hook = str(pathlib.Path(sys.argv.pop(1)).resolve() / "ticket_hook.so")
    faketime = (glob.glob("/usr/lib/*/faketime/libfaketime.so.1") or sys.exit("libfaketime is not installed"))[0]
    with tempfile.TemporaryDirectory(prefix="hook-test-") as folder:
        lab = pathlib.Path(folder)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=s", "-days", "30",
            "-keyout", lab / "key.pem", "-out", lab / "cert.pem")
        unittest.main(verbosity=0)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} BUILD")
    main()
