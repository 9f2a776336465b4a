#!/usr/bin/env python3
"""A run that is stopped at any moment leaves no process, no folder and no port, and can be gone on with.

TI_PROGRAM names the program.
"""

import json
import shlex
import signal
import unittest

from program import FolderWatch, ProgramTest, Started, cells, results, ticket_interop

MATRIX = ["--server", "openssl", "--client", "openssl", "--scenario", "renew*", "--scenario", "chain",
          "--scenario", "expired*", "--scenario", "young*", "--scenario", "old-*", "--keep", "none"]
SLOWLY = ["--fresh", "--jobs", "1"]  # so that there is something left to interrupt


class Interruption(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.temp = self.folder / "tmp"
        self.out.mkdir()
        self.temp.mkdir()

    def whole(self):
        """The cells of the same matrix, run without interruption."""
        ended = ticket_interop("run", *MATRIX, "--out", self.folder / "whole")
        return ended.returncode, cells(self.folder / "whole")

    def left(self):
        """How many cells the stopped run has not ended."""
        planned = ticket_interop("run", *MATRIX, "--dry-run", "--out", self.out / "dry").stdout.count("first terminal:")
        return planned - len(cells(self.out))

    def stop(self, with_signal, after_cells):
        """Starts the matrix, sends the signal once so many cells have ended; gives status and words."""
        watch = FolderWatch(self.out)
        run = Started(["run", *MATRIX, *SLOWLY, "--out", self.out], self.temp)
        file = self.out / "cells.jsonl"
        watch.wait_until(lambda: file.exists() and file.read_bytes().count(b"\n") >= after_cells, run)
        run.process.send_signal(with_signal)
        status, said = run.end()
        run.wait_for_family()
        self.assertEqual(list(self.temp.iterdir()), [], "folders were left behind")
        return status, said

    def check_stopped(self, with_signal, after_cells):
        status, said = self.stop(with_signal, after_cells)
        ended = cells(self.out)
        self.assertGreaterEqual(len(ended), after_cells)
        self.assertGreater(self.left(), 0, "it was not interrupted at all")
        self.assertEqual(status, 3)
        self.assertIn("stopped: ", said)
        self.assertIn(f"run --resume {self.out}", said)
        self.assertEqual({cell["id"] for cell in results(self.out)["cells"]}, set(ended))

    def test_interrupted_while_versions_are_asked_for(self):
        watch = FolderWatch(self.out)
        run = Started(["run", *MATRIX[:-1], "all", "--out", self.out], self.temp)
        watch.wait_until((self.out / "credentials").exists, run)
        run.process.send_signal(signal.SIGINT)
        status, said = run.end()
        run.wait_for_family()
        self.assertEqual(status, 3, said)
        self.assertIn("stopped before the first cell", said)
        self.assertEqual(list(self.temp.iterdir()), [], "folders were left behind")

    def test_interrupted_before_the_first_cell_ended(self):
        self.check_stopped(signal.SIGINT, 0)

    def test_interrupted_later(self):
        self.check_stopped(signal.SIGINT, 4)

    def test_terminated(self):
        self.check_stopped(signal.SIGTERM, 2)

    def test_sighup(self):
        self.check_stopped(signal.SIGHUP, 2)

    def test_killed_before_the_first_cell_ended(self):
        status, _ = self.stop(signal.SIGKILL, 0)
        self.assertEqual(status, -signal.SIGKILL)
        cells(self.out)

    def test_killed_later_and_gone_on_with(self):
        self.stop(signal.SIGKILL, 3)
        self.assertGreaterEqual(len(cells(self.out)), 3)
        self.assertGreater(self.left(), 0, "it was not interrupted at all")
        resumed = ticket_interop("run", *MATRIX, "--resume", self.out)
        status, whole = self.whole()
        self.assertEqual(resumed.returncode, status, resumed.stdout + resumed.stderr)
        self.assertEqual(cells(self.out), whole)
        for part in "servers", "clients", "scenarios", "totals", "pairs":
            self.assertEqual(results(self.out)[part], results(self.folder / "whole")[part])
        self.assertIn(f"{results(self.out)['totals']['pass']} pass", resumed.stdout.splitlines()[-1])

    def test_what_has_ended_is_not_run_again(self):
        self.stop(signal.SIGKILL, 3)
        before = (self.out / "cells.jsonl").read_text().split("\n")[:-1]
        ticket_interop("run", *MATRIX, "--resume", self.out)
        took = {cell["id"]: cell["duration_ms"] for cell in results(self.out)["cells"]}
        for cell in map(json.loads, before):
            self.assertEqual(took[cell["id"]], cell["duration_ms"])

    def test_half_a_line_is_dropped(self):
        self.stop(signal.SIGKILL, 3)
        with open(self.out / "cells.jsonl", "a") as file:
            file.write('{"id":"openssl/openssl/ren')
        ticket_interop("run", *MATRIX, "--resume", self.out)
        self.assertEqual(self.left(), 0)

    def test_the_way_to_go_on_that_is_printed_runs_what_was_left(self):
        _, said = self.stop(signal.SIGINT, 2)
        line = said[said.index("to go on: ticket-interop ") :].splitlines()[0]
        words = shlex.split(line)[4:]
        ticket_interop(*words, "--deadline", "60")
        self.assertEqual(self.left(), 0)


if __name__ == "__main__":
    unittest.main()
