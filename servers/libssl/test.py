#!/usr/bin/env python3
"""test.py BUILD

Holds the server libssl to what the server openssl is held to (../openssl/test.py), and to its own command line.
"""

import importlib.util
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
spec = importlib.util.spec_from_file_location("shared", HERE.parent / "openssl" / "test.py")
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)
shared.ServerTest.server = "libssl"


class Ages(shared.Ages):
    pass


class Script(shared.Script):
    pass


class Policies(shared.Policies):
    pass


class CommandLine(unittest.TestCase):
    def run_server(self, *options):
        done = subprocess.run([shared.lab.builds["libssl"] / "libssl", *options], cwd=shared.lab.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=5)
        return done.returncode, done.stdout

    def test_says_which_library_and_versions(self):
        status, text = self.run_server("--version")
        self.assertEqual(status, 0)
        self.assertRegex(text, re.compile(r"^libssl of \w+ [^\n]+\ntls:( 1\.[0-3])+\n$"))

    def test_what_makes_no_sense_is_refused(self):
        start = "--socket", "s", "--tls", "1.2"
        for options, message in (
                ((*start, "--renew-after", "20", "--expire-after", "10"), "a key expires after it is renewed"),
                ((*start, "--renew-after", "10", "--expire-after", "10"), "a key expires after it is renewed"),
                ((*start, "--results", "1", "--renew-after", "10"), "results and ages exclude each other"),
                ((*start, "--renew-after", "10s"), "no number: 10s"),
                ((*start, "--renew-after", "-5"), "no number: -5"),
                ((*start, "--results", "1,"), "results are -1, 0, 1 or 2"),
                ((*start, "--results", "1;2"), "results are -1, 0, 1 or 2"),
                ((*start, "--results"), "--results wants a value"),
                ((*start, "--frobnicate", "1"), "no option: --frobnicate"),
                ((*start, "--cert", "/nowhere"), "/nowhere: "),
                (("--socket", "s", "--tls", "1.4"), "no TLS version: 1.4"),
                (("--socket", "s"), "--socket and --tls are needed")):
            with self.subTest(options=options):
                status, text = self.run_server(*options)
                self.assertEqual(status, 1, text)
                self.assertIn("libssl server: " + message, text)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    shared.lab = shared.Lab({"libssl": sys.argv[1]})
    try:
        program = unittest.main(argv=sys.argv[:1] + sys.argv[2:], exit=False)
    finally:
        shutil.rmtree(shared.lab.folder)
    sys.exit(not program.result.wasSuccessful())
