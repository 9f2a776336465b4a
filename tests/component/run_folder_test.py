#!/usr/bin/env python3
"""What becomes of a run's folder: a baseline, merging, going on, one run at a time.

TI_PROGRAM names the program.
"""

import contextlib
import fcntl
import json
import os
import shutil
import unittest

from program import ROOT, FolderWatch, ProgramTest, Started, cells, kill_after_the_fact, results, ticket_interop

PAIR = ["--server", "openssl", "--client", "openssl"]


class AgainstABaseline(ProgramTest):
    """Whatever differs is named."""

    MATRIX = [*PAIR, "--scenario", "renew", "--quiet"]

    def setUp(self):
        super().setUp()
        self.before = self.folder / "before"
        self.ran(0, "--out", self.before)

    def ran(self, status, *more):
        ended = ticket_interop("run", *self.MATRIX, *more)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return ended.stdout

    def test_what_differs_and_what_is_gone_is_told(self):
        document = results(self.before)
        same, mended, gone = document["cells"][:3]
        mended.update(verdict="fail", fault="server", rule="rule-a")
        gone.update(id=gone["id"].replace("/renew", "/given-up"), scenario="given-up")
        other = json.loads(json.dumps(gone))
        other.update(id=other["id"].replace("/openssl/", "/lynx/"), client="lynx")
        document["cells"].append(other)
        (self.before / "results.json").write_text(json.dumps(document))

        said = self.ran(1, "--scenario", "given*", "--scenarios", self.scenarios("given-other"), "--baseline", self.before,
                        "--out", self.folder / "after")
        self.assertIn(f"{mended['id']}  pass [unexpected: the baseline says fail server rule-a]\n", said)
        self.assertNotIn(same["id"], said)
        self.assertIn(f"\n1 cell of the baseline was not run: {gone['id']}\n", said)
        marked = {cell["id"]: cell.get("baseline") for cell in results(self.folder / "after")["cells"]}
        self.assertEqual(marked[mended["id"]], {"verdict": "fail", "fault": "server", "rule": "rule-a"})

    def scenarios(self, *more):
        """A folder of `renew` under its own name and others."""
        folder = self.folder / "scenarios"
        folder.mkdir()
        for name in "renew", *more:
            shutil.copy(ROOT / "scenarios/renewal/renew.json", folder / f"{name}.json")
        return folder

    def test_what_ends_as_before_is_expected(self):
        said = self.ran(0, "--baseline", self.before, "--out", self.folder / "after")
        self.assertIn("0 unexpected", said)
        self.assertNotIn("not run", said)


class Merge(ProgramTest):
    MATRIX = [*PAIR, "--scenario", "renew", "--scenario", "young"]

    def setUp(self):
        super().setUp()
        for shard in "1", "2":
            ended = ticket_interop("run", *self.MATRIX, "--out", self.folder / shard, TICKET_INTEROP_SHARD=f"{shard}/2")
            self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)

    def merge(self, *folders):
        return ["merge", *(self.folder / folder for folder in folders), "-o", self.folder / "joined"]

    def changed(self, name, change):
        """A copy of shard 2 of which something was changed."""
        shutil.copytree(self.folder / "2", self.folder / name)
        document = results(self.folder / name)
        change(document)
        (self.folder / name / "results.json").write_text(json.dumps(document))
        return name

    def test_joins_to_what_one_run_gives_and_refuses_the_rest(self):
        first, second = cells(self.folder / "1"), cells(self.folder / "2")
        self.assertEqual(set(first) & set(second), set())
        self.assertEqual(abs(len(first) - len(second)), 0, "the shards are not even")
        joined = ticket_interop(*self.merge("1", "2"))
        self.assertEqual(joined.returncode, 0, joined.stderr)
        ticket_interop("run", *self.MATRIX, "--out", self.folder / "whole")
        self.assertEqual(cells(self.folder / "joined"), cells(self.folder / "whole"))
        for part in "servers", "clients", "scenarios", "totals", "pairs":
            self.assertEqual(results(self.folder / "joined")[part], results(self.folder / "whole")[part])
        self.assertIn("already holds results", self.usage(*self.merge("1", "2")))
        shutil.rmtree(self.folder / "joined")

        self.assertIn("shard 2/2 is missing", self.usage(*self.merge("1")))
        self.assertIn("shard 1/2 is there twice", self.usage(*self.merge("1", "1", "2")))

        def in_both(document):
            document["run"]["shard"] = "2/2"
            document["cells"] = results(self.folder / "1")["cells"]

        self.assertIn("is in both", self.usage(*self.merge("1", self.changed("overlap", in_both))))

        def other_version(document):
            document["run"]["version"] = "0.0.1"

        said = self.usage(*self.merge("1", self.changed("older", other_version)))
        self.assertIn("0.0.1", said)
        self.assertIn("version of ticket-interop", said)

        def other_server(document):
            document["servers"]["openssl"]["binary_sha256"] = "00"

        self.assertIn("server openssl", self.usage(*self.merge("1", self.changed("rebuilt", other_server))))

        def one_short(document):
            document["cells"].pop()

        self.assertIn("is not complete", self.usage(*self.merge("1", self.changed("short", one_short))))

        def other_scenarios(document):
            document["run"]["sources"]["scenarios"] = "00"

        said = self.usage(*self.merge("1", self.changed("edited", other_scenarios)))
        self.assertIn("edited differs in scenarios", said)

        def split_otherwise(document):
            document["cells"].pop()
            document["run"]["planned"] -= 1

        said = self.usage(*self.merge("1", self.changed("gap", split_otherwise)))
        self.assertIn("1 of the 8 cells", said)

        ended = ticket_interop("run", *PAIR, "--scenario", "renew", "--out", self.folder / "fewer", "--shard", "2/2")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        said = self.usage(*self.merge("1", "fewer"))
        self.assertIn("fewer is a share of another matrix", said)
        self.assertIn("4 cells by `ticket-interop run", said)
        self.assertFalse((self.folder / "joined").exists(), "a refused merge leaves nothing")


class Resume(ProgramTest):
    """A run goes on as what it was, or not at all."""

    MATRIX = [*PAIR, "--scenario", "renew", "--scenario", "young"]

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        ended = ticket_interop("run", *self.MATRIX, "--shard", "1/2", "--out", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.whole = cells(self.out)
        self.began = results(self.out)["run"]
        kill_after_the_fact(self.out, 1)

    def changed(self, change):
        document = json.loads((self.out / "run.json").read_text())
        change(document)
        (self.out / "run.json").write_text(json.dumps(document))

    def test_it_goes_on_as_it_was_started(self):
        ended = ticket_interop("run", "--resume", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(cells(self.out), self.whole)
        run = results(self.out)["run"]
        for fact in "id", "started", "clock", "argv", "shard", "plan", "planned":
            self.assertEqual(run[fact], self.began[fact])
        self.assertIn("1 ended before", ended.stdout)
        self.assertRegex(ended.stdout, r"openssl +4 pass")
        self.assertIn(": 4 pass in", ended.stdout)

    def test_a_run_that_has_ended_has_nothing_left_to_do(self):
        ticket_interop("run", "--resume", self.out)
        self.assertFalse((self.out / "cells.jsonl").exists(), "results.json holds its lines")
        before = results(self.out)["cells"]
        ended = ticket_interop("run", "--resume", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(results(self.out)["cells"], before)

    def test_the_same_words_again_are_no_other_run(self):
        ended = ticket_interop("run", *self.MATRIX, "--clock", "virtual", "--shard", "1/2", "--resume", self.out)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(cells(self.out), self.whole)

    def test_what_would_mix_two_runs_is_refused(self):
        def server(document):
            document["servers"]["openssl"]["version"] = "OpenSSL 0.9"

        def program(document):
            document["run"]["version"] = "0.0.1"

        before = (self.out / "cells.jsonl").read_text()
        resume = ["run", "--resume", self.out]
        self.assertIn("clock: virtual against real now", self.usage(*resume, "--clock", "real"))
        self.assertIn("8 cells were to be run there, 4 now", self.usage(*resume, "--scenario", "young"))
        self.assertIn("of shard 1/2, not of shard 2/2", self.usage(*resume, "--shard", "2/2"))
        self.assertIn("--out excludes --resume", self.usage(*resume, "--out", self.folder / "other"))
        self.changed(server)
        self.assertIn("version of server openssl: OpenSSL 0.9 against", self.usage(*resume))
        self.changed(program)
        self.assertIn("version of ticket-interop: 0.0.1 against", self.usage(*resume))
        self.assertEqual((self.out / "cells.jsonl").read_text(), before)


class OneFolderOneRun(ProgramTest):
    """Two runs in one results folder would take each other's files away."""

    LONG = [*PAIR, "--scenario", "renew", "--clock", "real"]
    SHORT = [*PAIR, "--scenario", "renew", "--tls", "1.2"]

    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.out.mkdir()
        watch = FolderWatch(self.out)
        self.first = Started(["run", *self.LONG, "--out", self.out], self.folder)
        self.addCleanup(self.first.process.stdout.close)
        self.addCleanup(self.first.wait_for_family)
        self.addCleanup(self.first.process.wait)
        self.addCleanup(self.first.process.kill)
        watch.wait_until((self.out / "run.json").exists, self.first)

    def test_a_second_run_is_refused_and_takes_nothing_away(self):
        held = self.folder / "held"
        self.assertEqual(ticket_interop("run", *self.SHORT, "--out", held).returncode, 0)
        before = sorted(path.name for path in held.iterdir())
        with self.opened(held) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for second in ["run", *self.SHORT, "--out", held], ["run", "--resume", held], [
                "run", *self.SHORT, "--dry-run", "--out", held]:
                self.assertIn(f"{second[-2]} {held}: another run is using it", self.usage(*second))
        self.assertEqual(sorted(path.name for path in held.iterdir()), before)
        self.assertEqual(ticket_interop("run", *self.SHORT, "--out", held, "--force").returncode, 0)

    def test_a_run_holds_its_folder_until_it_is_killed(self):
        with self.opened(self.out) as lock:
            with self.assertRaises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.first.process.kill()
        self.first.process.wait()
        ended = ticket_interop("run", *self.SHORT, "--out", self.out, "--force")
        self.assertEqual(ended.returncode, 0, ended.stderr)

    @contextlib.contextmanager
    def opened(self, folder):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    unittest.main()
