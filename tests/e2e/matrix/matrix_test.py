#!/usr/bin/env python3
"""matrix_test.py PROGRAM: two real servers, two real clients, the scenarios of a renewal, at all versions.

Holds the verdicts to expected.txt, with processes kept warm and with fresh ones.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SERVERS = ["nginx", "openssl"]
CLIENTS = ["openssl", "s_client"]
SCENARIOS = ["renew", "young", "expired", "chain", "old-after-renewal", "pr2888", "renew-hint-kept", "renew-rsa",
             "renew-dhe-rsa", "renew-client-certificate", "renew-client-certificate-not-given"]


def expected():
    lines = (HERE / "expected.txt").read_text().splitlines()
    return {words[0]: tuple(words[1:]) for words in map(str.split, lines) if words and words[0] != "#"}


def ran(*more, clients=CLIENTS, scenarios=SCENARIOS):
    """Cell -> verdict, fault, rule of a run; and what it said."""
    args = [*(f"--server={name}" for name in SERVERS), *(f"--client={name}" for name in clients),
            *(f"--scenario={name}" for name in scenarios), *more]
    with tempfile.TemporaryDirectory(prefix="ti-") as out:
        ended = subprocess.run([PROGRAM, "run", *args, "--keep", "none", "--out", out], capture_output=True, text=True)
        document = json.loads((pathlib.Path(out) / "results.json").read_text())
    verdicts = {cell["id"]: (cell["verdict"], cell["fault"] or "-", cell["rule"] or "-") for cell in document["cells"]}
    return verdicts, ended.stdout + ended.stderr


class Matrix(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        for server in SERVERS:
            self.assertTrue(any((ROOT / "build/servers" / server).glob("*")),
                            f"not built: servers/{server}/build.sh build/servers/{server}")

    def test_warm(self):
        verdicts, said = ran()
        self.assertEqual(verdicts, expected(), said)

    def test_fresh(self):
        verdicts, said = ran("--fresh")
        self.assertEqual(verdicts, expected(), said)

    def test_a_month_of_hourly_renewals(self):
        verdicts, said = ran(clients=["openssl"], scenarios=["hourly-for-a-month"])
        self.assertEqual(len(verdicts), 4, said)
        self.assertEqual(set(verdicts.values()), {("pass", "-", "-")}, said)


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
