#!/usr/bin/env python3
"""pr2888_test.py PROGRAM: the two bugs behind OpenSSL PR 2888, alive, told apart by the harness alone.

Both end in the alert unexpected_message. Of the server openssl-double-ticket it answers a second NewSessionTicket, of
the client s_client-rejects-renewal the first, legal one. Every cell is judged three times: in the run, and by `decode`
from its capture and from its message trace. A trace of which a line is lost proves less.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOUBLE, REJECTS = "openssl-double-ticket", "s_client-rejects-renewal"
HEALTHY_SERVERS = ["nginx", "openssl"]
HEALTHY_CLIENTS = ["openssl", "s_client", "gnutls"]
ONE_TICKET = ("fail", "server", "rfc5077-3.3-one-ticket")
RENEWAL_ACCEPTED = ("fail", "client", "rfc5077-3.3-renewal-accepted")
RENEWAL = [("server", "ServerHello"), ("server", "NewSessionTicket"), ("server", "ChangeCipherSpec"),
           ("server", "Finished")]


def program(*args):
    return subprocess.run([PROGRAM, *args], capture_output=True, text=True)


def ready_clients():
    listed = json.loads(program("list", "clients", "--json").stdout)
    return {client["id"] for client in listed if client["state"] == "ready"}


def short(cell):
    return cell["verdict"], cell["fault"], cell["rule"]


class Pr2888(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        for built in *(f"servers/{name}" for name in (*HEALTHY_SERVERS, DOUBLE)), f"clients/{REJECTS}":
            assert any((ROOT / "build" / built).glob("*")), f"not built: {built}/build.sh build/{built}"
        ready = ready_clients()
        cls.clients = [client for client in HEALTHY_CLIENTS if client in ready]
        cls.folder = tempfile.TemporaryDirectory(prefix="ti-")
        cls.out = pathlib.Path(cls.folder.name) / "out"
        cls.ended = program("run", *(f"--server={name}" for name in (*HEALTHY_SERVERS, DOUBLE)),
                            *(f"--client={name}" for name in (*cls.clients, REJECTS)),
                            "--scenario=pr2888", "--keep=all", "--out", str(cls.out))
        whole = json.loads(program("show", str(cls.out), "*", "--json").stdout)
        cls.cells = {(cell["server"], cell["client"]): cell for cell in whole}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def messages(self, cell):
        """The connection that the verdict speaks of: (from, type) of its messages, and the place of the offending one."""
        at = cell["at"]
        self.assertEqual(at["connection"], 2)
        messages = cell["connections"][1]["messages"]
        return [(message["from"], message["type"]) for message in messages], at["message"]

    def test_all_cells_ran_and_whatever_fails_is_known(self):
        self.assertIn("openssl", self.clients)
        self.assertIn("s_client", self.clients)
        self.assertEqual(len(self.cells), 3 * (len(self.clients) + 1))
        self.assertEqual({cell["tls"] for cell in self.cells.values()}, {"1.0"})
        self.assertEqual(self.ended.returncode, 0, self.ended.stdout + self.ended.stderr)

    def test_the_second_ticket_is_the_servers_fault(self):
        for client in self.clients:
            with self.subTest(client=client):
                cell = self.cells[DOUBLE, client]
                self.assertEqual(short(cell), ONE_TICKET, cell["reason"])
                seen, place = self.messages(cell)
                self.assertEqual(seen[1:5], RENEWAL)
                self.assertEqual(seen[place], ("server", "NewSessionTicket"))
                self.assertEqual(seen[:place].count(("server", "NewSessionTicket")), 1)
                self.assertIn(("client", "Finished"), seen[:place])
                self.assertNotIn(("client", "Alert"), seen[:place])

    def test_to_reject_the_first_ticket_is_the_clients_fault(self):
        for server in *HEALTHY_SERVERS, DOUBLE:  # from the last, too, the first ticket is legal
            with self.subTest(server=server):
                cell = self.cells[server, REJECTS]
                self.assertEqual(short(cell), RENEWAL_ACCEPTED, cell["reason"])
                seen, place = self.messages(cell)
                self.assertEqual(seen[1:], [*RENEWAL, ("client", "Alert")])
                self.assertEqual(place, len(seen) - 1)
                self.assertEqual(cell["connections"][1]["messages"][place]["note"], "unexpected_message")

    def test_with_both_sides_healthy_nobody_is_accused_of_either(self):
        for server in HEALTHY_SERVERS:
            for client in self.clients:
                with self.subTest(server=server, client=client):
                    cell = self.cells[server, client]
                    self.assertNotIn(short(cell), (ONE_TICKET, RENEWAL_ACCEPTED))
                    self.assertEqual([ticket["handshake"] for ticket in cell["connections"][:2]], ["full", "resumed"])
            self.assertEqual(short(self.cells[server, "openssl"]), ("pass", None, None))

    def test_the_evidence_alone_gives_the_same_verdict(self):
        for pair, cell in self.cells.items():
            evidence = cell["evidence"]
            for file in evidence["keylog"], *evidence["logs"]:
                self.assertGreater((self.out / file).stat().st_size, 0, file)
            for file in evidence["capture"], evidence["trace"]:
                with self.subTest(pair=pair, file=file):
                    judged = program("decode", str(self.out / file)).stdout
                    verdict = re.search(r"^verdict: (.*)$", judged, re.M)[1]
                    if short(cell) in (ONE_TICKET, RENEWAL_ACCEPTED):
                        at = f", at connection {cell['at']['connection']} message {cell['at']['message']}"
                        told = "{}, fault: {}, rule: {}".format(*short(cell)) + at
                        self.assertEqual(verdict, told)
                        self.assertIn(f"{cell['id']}, of which the run said: {told}: ", judged)
                    else:
                        self.assertEqual(verdict, "pass")

    def test_a_trace_that_lost_a_message_accuses_nobody_of_what_followed(self):
        cell = self.cells["openssl", REJECTS]
        messages = re.split(r"\n(?= *\d+\.\d{6} )", (self.out / cell["evidence"]["trace"]).read_text())
        renewal = [i for i, each in enumerate(messages) if "NewSessionTicket" in each.splitlines()[0]][-1]
        cut = self.out / "cut.txt"
        cut.write_text("\n".join(messages[:renewal] + messages[renewal + 1:]))
        judged = program("decode", str(cut)).stdout
        self.assertNotIn("verdict: fail", judged)

    def test_the_client_that_rejects_says_so_itself(self):
        for server in HEALTHY_SERVERS:
            word = self.cells[server, REJECTS]["connections"][1]["witness"]["client"]
            self.assertIn("unexpected message", word["error"]["text"])


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
