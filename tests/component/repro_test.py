#!/usr/bin/env python3
"""repro: a folder that shows one cell again, or says that it does not.

TI_PROGRAM names the program.
"""

import json
import os
import shutil
import subprocess
import unittest

from program import ProgramTest, results, ticket_interop

CELL = "openssl-double-ticket/openssl/renew@1.2"


def again(folder, **env):
    return subprocess.run([folder / "again.sh"], capture_output=True, text=True, timeout=120, env={**os.environ, **env})


class Repro(ProgramTest):
    def setUp(self):
        super().setUp()
        self.run_folder = self.folder / "run"
        ticket_interop("run", "--server", "openssl-double-ticket", "--client", "openssl", "--client", "s_client",
                       "--scenario", "renew", "--tls", "1.2", "--out", self.run_folder)

    def made(self, cell=CELL, name="case"):
        ended = ticket_interop("repro", self.run_folder, cell, "-o", self.folder / name)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return self.folder / name

    def test_the_report_tells_whose_fault_it_is_and_shows_the_messages(self):
        text = (self.made() / "report.md").read_text()
        for words in ("# the server sent a second NewSessionTicket", "**fault:** the server", "rfc5077-3.3-one-ticket",
                      "RFC 5077 3.3", "OpenSSL 3", "renew_after", "NewSessionTicket", "<== rfc5077-3.3-one-ticket", "again.sh"):
            self.assertIn(words, text)

    def test_the_folder_has_the_evidence_and_names_no_scratch_folder(self):
        case = self.made()
        for file in ("capture.pcapng", "keys.log", "trace.txt", "ladder.txt", "by-hand.sh", "credentials/ca.pem"):
            self.assertTrue((case / file).exists(), file)
        judged = json.loads(ticket_interop("decode", case / "capture.pcapng", "--json").stdout)
        self.assertIn("rfc5077-3.3-one-ticket", json.dumps(judged))
        for file in case.rglob("*"):
            if file.suffix in (".sh", ".md", ".txt"):
                self.assertNotIn("/dev/shm", file.read_text(), file)
                self.assertNotIn(str(self.run_folder), file.read_text(), file)

    def test_run_again_it_shows_the_same_rule_broken_wherever_the_folder_is_now(self):
        moved = self.folder / "else where"
        shutil.move(self.made(), moved)
        ended = again(moved)
        self.assertEqual((ended.returncode, ended.stdout), (0, "shown again: the server broke rfc5077-3.3-one-ticket\n"), ended.stderr)

    def test_what_does_not_happen_again_is_said(self):
        case = self.made()
        before = results(case / "before")
        before["cells"][0].update(rule="rfc5077-3.3-unannounced")
        (case / "before/results.json").write_text(json.dumps(before))
        ended = again(case)
        self.assertEqual(ended.returncode, 1, ended.stdout)
        self.assertTrue(ended.stdout.startswith("not shown again: it ended otherwise\n"), ended.stdout)

    def test_a_program_that_is_not_there_is_no_verdict(self):
        ended = again(self.made(), TICKET_INTEROP="/nonexistent/ticket-interop")
        self.assertNotIn(ended.returncode, (0, 1))
        self.assertIn("it could not be run", ended.stdout)

    def test_scripts_are_bash_and_by_hand_fits_a_page(self):
        case = self.made("openssl-double-ticket/s_client/renew@1.2")
        for script in "again.sh", "by-hand.sh":
            self.assertEqual(subprocess.run(["bash", "-n", case / script]).returncode, 0)
        self.assertLess((case / "by-hand.sh").read_text().count("\n"), 60)
        self.assertIn("openssl s_client", (case / "by-hand.sh").read_text())

    @unittest.skipUnless(shutil.which("socat"), "socat is not here")
    def test_by_hand_server_and_client_speak_with_each_other(self):
        case = self.made()
        script = (case / "by-hand.sh").read_text().replace("sleep 15", "sleep 1").replace("sleep 10", "sleep 1")
        (case / "by-hand.sh").write_text(script)
        ended = subprocess.run([case / "by-hand.sh"], capture_output=True, text=True, timeout=60)
        self.assertIn('"ok":true', ended.stdout.replace(" ", ""), ended.stderr)

    def test_wrong_words(self):
        self.assertIn("did you mean", self.usage("repro", self.run_folder, CELL.replace("renew", "renwe"), "-o", self.folder / "x"))
        self.made()
        self.assertIn("is there already", self.usage("repro", self.run_folder, CELL, "-o", self.folder / "case"))


if __name__ == "__main__":
    unittest.main()
