#!/usr/bin/env python3
"""shards_test.py TICKET_INTEROP: what docs/ci says is true.

Runs each example's own commands over a small part of the matrix, split in three, with the variables that its engine
sets, and compares what they join to with a run that was not split. `run_matrix.sh` and `build/bin/ticket-interop` are
stand-ins that add the filter. Ends with 77 where the servers are not built.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs/ci"
PROGRAM = ""
SHARDS = 3
FILTER = ["--server", "openssl", "--client", "openssl", "--client", "s_client", "--scenario", "renew", "--scenario", "young"]
ENGINES = re.compile("TICKET_INTEROP_SHARD|CI_NODE_|SLURM_|JOB_COMPLETION")


def environment(**variables):
    plain = {name: value for name, value in os.environ.items() if not ENGINES.match(name)}
    return plain | variables


def run(argv, folder, **variables):
    return subprocess.run(argv, cwd=folder, env=environment(**variables), capture_output=True, text=True)


def example(name):
    return (DOCS / name).read_text()


def only(pattern, text):
    """What the pattern's group matches in the text, where it matches once."""
    [found] = re.findall(pattern, text, re.MULTILINE)
    return found


def results(folder):
    return json.loads((folder / "results.json").read_text())


def verdicts(folder):
    return {cell["id"]: (cell["verdict"], cell["rule"]) for cell in results(folder)["cells"]}


def stand_in(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


class Stage(unittest.TestCase):
    """A folder that looks like a built checkout."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        filtered = " ".join(f"'{word}'" for word in FILTER)
        stand_in(cls.folder / "build/bin/ticket-interop",
                 f'[ "$1" = run ] || exec "{PROGRAM}" "$@"\nshift\nexec "{PROGRAM}" run {filtered} "$@"\n')
        stand_in(cls.folder / "run_matrix.sh", 'exec build/bin/ticket-interop run "$@"\n')

    def go(self, argv, expected=(0,), **variables):
        done = run(argv, self.folder, **variables)
        self.assertIn(done.returncode, expected, f"{argv}\n{done.stdout}\n{done.stderr}")
        return done

    def go_all(self, jobs):
        """Runs all of (argv, variables) at once, as the shards of an engine do."""
        with ThreadPoolExecutor(SHARDS) as pool:
            list(pool.map(lambda job: self.go(job[0], **job[1]), jobs))


class Examples(Stage):
    """Each example's shards join to what one run gives."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        whole = run(["./run_matrix.sh", "--quiet", "--out", "whole"], cls.folder)
        assert whole.returncode in (0, 1), whole.stderr
        cls.whole = verdicts(cls.folder / "whole")

    def setUp(self):
        shutil.rmtree(self.folder / "results", ignore_errors=True)

    def check_joined(self):
        parts = [set(verdicts(part)) for part in (self.folder / "results").glob("shard-*")]
        self.assertEqual(len(parts), SHARDS)
        self.assertTrue(all(parts), "a share is empty")
        self.assertEqual(verdicts(self.folder / "results/all"), self.whole)

    def test_github_actions(self):
        text = example("github-actions.yml")
        command = only(r"- run: (\./run_matrix\.sh --out .*)", text)
        self.assertEqual(only(r"TICKET_INTEROP_SHARD: (.*)", text), "${{ matrix.shard }}/${{ strategy.job-total }}")
        shards = json.loads(only(r"shard: (\[.*\])", text))
        self.assertEqual(shards, list(range(1, len(shards) + 1)))
        self.go_all((["sh", "-ec", command.replace("${{ matrix.shard }}", str(index))],
                     {"TICKET_INTEROP_SHARD": f"{index}/{SHARDS}"}) for index in range(1, SHARDS + 1))
        self.go(["sh", "-ec", only(r"- run: (.* merge .*)", text)], expected=(0, 1))
        self.check_joined()

    def test_gitlab(self):
        text = example("gitlab-ci.yml")
        command = only(r"- (\./run_matrix\.sh --out .*)", text)
        self.go_all((["bash", "-ec", command], {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(SHARDS)})
                    for index in range(1, SHARDS + 1))
        self.go(["bash", "-ec", only(r"- (.* merge .*)", text)], expected=(0, 1))
        self.check_joined()

    def test_kubernetes(self):
        text = example("kubernetes-indexed-job.yaml")
        self.assertEqual(only(r"completions: (\d+)", text), only(r'name: JOB_COMPLETIONS\n +value: "(\d+)"', text))
        command = only(r"args:\n +- (.*)", text).replace("/results/", "results/")
        self.go_all((["/bin/sh", "-c", command], {"JOB_COMPLETION_INDEX": str(index), "JOB_COMPLETIONS": str(SHARDS)})
                    for index in range(SHARDS))
        merge = only(r"(ticket-interop merge .*)", text).replace("/results/", "results/")
        self.go(["sh", "-ec", "build/bin/" + merge], expected=(0, 1))
        self.check_joined()

    def test_slurm(self):
        first, step = 4, 2
        self.go_all((["bash", DOCS / "slurm-array.sbatch", "results"],
                     {"SLURM_ARRAY_TASK_ID": str(first + place * step), "SLURM_ARRAY_TASK_MIN": str(first),
                      "SLURM_ARRAY_TASK_STEP": str(step), "SLURM_ARRAY_TASK_COUNT": str(SHARDS)})
                    for place in range(SHARDS))
        self.go(["bash", DOCS / "slurm-merge.sbatch", "results"], expected=(0, 1))
        self.check_joined()

    def test_the_action(self):
        steps = re.findall(r"run: \|\n((?: {8}.*\n)+)", (ROOT / "action.yml").read_text())
        self.assertEqual(len(steps), 2)
        summary = self.folder / "summary.md"
        known = {"GITHUB_ACTION_PATH": str(self.folder), "GITHUB_STEP_SUMMARY": str(summary), "OUT": "results/all",
                 "ARGS": "--tls '1.2' --scenario 'ren*'", "BASELINE": ""}
        self.go(["bash", "-ec", steps[0]], **known)
        told = self.go(["bash", "-ec", steps[1]], **known).stdout
        self.assertIn("::notice title=ticket-interop::0 unexpected", told)
        self.assertIn("0 unexpected", summary.read_text())
        for file in "index.html", "junit.xml", "findings.sarif", "results.json":
            self.assertTrue((self.folder / "results/all" / file).exists(), file)
        self.assertEqual({cell["tls"] for cell in results(self.folder / "results/all")["cells"]}, {"1.2"})
        shutil.copytree(self.folder / "results/all", self.folder / "last", dirs_exist_ok=True)
        shutil.rmtree(self.folder / "results")
        before = results(self.folder / "last")
        before["cells"][0].update(verdict="fail", fault="client", rule="expect-offered", reason="made up")
        (self.folder / "last/results.json").write_text(json.dumps(before))
        self.go(["bash", "-ec", steps[0]], expected=(1,), **known | {"BASELINE": "last"})

    def test_the_gitlab_component(self):
        text = (ROOT / "templates/ticket-interop.yml").read_text()
        text = text.replace("$[[ inputs.folder ]]", ".").replace("$[[ inputs.args ]]", "")
        command = only(r"- (\./run_matrix\.sh .*--out .*)", text)
        self.go_all((["bash", "-ec", command], {"CI_NODE_INDEX": str(index), "CI_NODE_TOTAL": str(SHARDS)})
                    for index in range(1, SHARDS + 1))
        self.go(["bash", "-ec", only(r"- (.* merge .*)", text)], expected=(0, 1))
        self.check_joined()
        self.assertTrue((self.folder / "results" / only(r"junit: results/(.*)", text)).exists())

    def test_jenkins(self):
        command = only(r"sh '(.*)'", example("Jenkinsfile"))
        self.go(["bash", "-ec", command], expected=(0, 1))
        self.assertEqual(verdicts(self.folder / "results"), self.whole)
        self.assertTrue((self.folder / "results/junit.xml").exists())

    def test_the_options_exist(self):
        known = {"./run_matrix.sh": {"--setup"}}
        for command in ("run", "merge"):
            known[command] = set(re.findall(r"--[a-z]+", run([PROGRAM, command, "--help"], self.folder).stdout))
        known["./run_matrix.sh"] |= known["run"]
        self.assertIn("--setup", run([ROOT / "run_matrix.sh", "--help"], self.folder).stdout)
        seen = 0
        for file in sorted(DOCS.iterdir()):
            for command, words in re.findall(r"(\./run_matrix\.sh|(?<=ticket-interop )(?:run|merge))\b([^`\n]*)", file.read_text()):
                for option in re.findall(r"(?<!\S)--[a-z]+", words):
                    seen += 1
                    self.assertIn(option, known[command], f"{file.name}: {command}")
        self.assertGreater(seen, 10)


class Refusals(Stage):
    """merge joins nothing that would not be true, and says what it is about."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for index in range(1, SHARDS + 1):
            shard = run(["./run_matrix.sh", "--quiet", "--out", f"shard-{index}", "--shard", f"{index}/{SHARDS}"], cls.folder)
            assert shard.returncode in (0, 1), shard.stderr

    def changed(self, index, change):
        """A copy of a shard's results with a change."""
        copy = self.folder / f"changed-{index}"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        facts = results(self.folder / f"shard-{index}")
        change(facts)
        (copy / "results.json").write_text(json.dumps(facts))
        return copy.name

    def refused(self, folders, *named):
        shutil.rmtree(self.folder / "joined", ignore_errors=True)
        done = self.go([PROGRAM, "merge", *folders, "--out", "joined"], expected=(2,))
        for name in named:
            self.assertIn(name, done.stderr)
        self.assertFalse((self.folder / "joined").exists())

    def test_a_missing_shard(self):
        self.refused(["shard-1", "shard-3"], "shard 2/3 is missing")

    def test_a_shard_given_twice(self):
        self.refused(["shard-1", "shard-2", "shard-3", "shard-2"], "shard-2", "2/3 is there twice")

    def test_a_cell_in_two_shards(self):
        cell = results(self.folder / "shard-1")["cells"][0]

        def add(facts):
            facts["cells"].append(cell)
            facts["run"]["planned"] += 1

        self.refused(["shard-1", self.changed(2, add), "shard-3"], cell["id"], "shard-1", "changed-2")

    def test_an_incomplete_shard(self):
        cells = len(results(self.folder / "shard-2")["cells"])
        broken = self.changed(2, lambda facts: facts["cells"].pop())
        self.refused(["shard-1", broken, "shard-3"], "changed-2 is not complete", f"{cells - 1} of {cells} cells")

    def test_a_shard_that_was_killed(self):
        (self.folder / "killed").mkdir()
        ended = results(self.folder / "shard-2")["cells"]
        (self.folder / "killed/cells.jsonl").write_text("".join(json.dumps(cell) + "\n" for cell in ended))
        self.refused(["shard-1", "killed", "shard-3"], "killed")

    def test_shards_of_different_splits(self):
        other = self.changed(2, lambda facts: facts["run"].update(shard="2/4"))
        self.refused(["shard-1", other, "shard-3"], "different splits: 3 and 4")

    def test_another_version_of_this_program(self):
        other = self.changed(2, lambda facts: facts["run"].update(version="0.0"))
        self.refused(["shard-1", other, "shard-3"], "changed-2", "version of ticket-interop", "0.0")

    def test_another_clock(self):
        other = self.changed(3, lambda facts: facts["run"].update(clock="real"))
        self.refused(["shard-1", "shard-2", other], "changed-3", "clock", "real")

    def test_another_build_of_a_server(self):
        other = self.changed(3, lambda facts: facts["servers"]["openssl"].update(binary_sha256="00"))
        self.refused(["shard-1", "shard-2", other], "changed-3", "server openssl", "00")

    def test_a_server_that_one_shard_lacked(self):
        other = self.changed(2, lambda facts: [facts["servers"]["openssl"].pop(f) for f in ("version", "binary_sha256")])
        self.refused(["shard-1", other, "shard-3"], "changed-2", "server openssl")

    def test_another_version_of_a_client_that_the_first_shard_has_not(self):
        first = self.changed(1, lambda facts: facts["clients"].pop("s_client"))
        other = self.changed(3, lambda facts: facts["clients"]["s_client"].update(version="0.9"))
        self.refused([first, "shard-2", other], "changed-3", "client s_client", "0.9")


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    if not (ROOT / "build/servers/openssl/openssl").exists():
        print("shards_test: server openssl is not built: servers/openssl/build.sh build/servers/openssl", file=sys.stderr)
        sys.exit(77)
    unittest.main()
