#!/usr/bin/env python3
"""run_matrix.sh: what is wrong is told before the set-up, and a set-up that fails says where, with exit status 3.

Its tools are fakes here: nothing is installed, configured or compiled.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ti-set up 'quoted'-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "a checkout"
        self.tools = pathlib.Path(folder.name) / "tools"
        self.log = pathlib.Path(folder.name) / "log"
        self.tools.mkdir()
        (self.root / "harness/cli").mkdir(parents=True)
        (self.root / "servers").mkdir()
        shutil.copy(ROOT / "run_matrix.sh", self.root)
        shutil.copytree(ROOT / "servers/common", self.root / "servers/common")
        shutil.copy(ROOT / "harness/cli/run_command.cpp", self.root / "harness/cli")
        self.script("servers/good/build.sh", "exit 0")
        self.script("clients/optional/build.sh", "exit 0")
        for name in "good", "bad":
            (self.root / "clients" / name).mkdir()
            (self.root / "clients" / name / "CMakeLists.txt").write_text("")
        every = subprocess.run(["sed", "-n", '/^packages="/,/^"/p', ROOT / "run_matrix.sh"], capture_output=True, text=True)
        names = [line.split()[0].split("|")[0] for line in every.stdout.splitlines()[1:-1]]
        self.tool("dpkg-query", "printf '%s installed\\n' " + " ".join(names))
        self.tool("cmake", 'printf \'%s\\n\' "$*" >>"$TI_LOG"; mkdir -p build/release/bin; '
                           'printf \'build adapter_good: phony\\nbuild adapter_bad: phony\\n\' >build/release/build.ninja; '
                           'printf \'#!/bin/sh\\necho ran "$@"\\n\' >build/release/bin/ticket-interop; '
                           'chmod +x build/release/bin/ticket-interop; :')

    def script(self, name, text):
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/bash\n{text}\n")
        file.chmod(0o755)

    def tool(self, name, text):
        file = self.tools / name
        file.write_text(f"#!/bin/bash\n{text}\n")
        file.chmod(0o755)

    def run_matrix(self, *args):
        env = {**os.environ, "PATH": f"{self.tools}:{os.environ['PATH']}", "TI_LOG": str(self.log)}
        return subprocess.run([self.root / "run_matrix.sh", *args], capture_output=True, text=True, env=env, timeout=60)

    def logged(self):
        return self.log.read_text() if self.log.exists() else ""

    def test_all_well_ends_in_the_run(self):
        ended = self.run_matrix("--server", "nginx", "-j", "2", "--out=x")
        self.assertEqual((ended.returncode, ended.stdout), (0, "ran run --server nginx -j 2 --out=x\n"), ended.stderr)

    def test_a_wrong_option_is_told_before_anything_is_set_up(self):
        for wrong in ["-x"], ["--serv", "nginx"], ["--with", "nobody"]:
            ended = self.run_matrix(*wrong)
            self.assertEqual(ended.returncode, 2, ended.stderr)
            self.assertEqual(self.logged(), "")
        self.assertIn('no optional client "nobody"; there are: optional', ended.stderr)

    def test_a_server_that_does_not_build_is_no_unexpected_verdict(self):
        self.script("servers/broken/build.sh", "echo no such header >&2; exit 1")
        ended = self.run_matrix()
        self.assertEqual(ended.returncode, 3)
        self.assertIn("set-up failed while building the server broken", ended.stderr)
        self.assertIn("build/setup.log, and its end:\nno such header\n", ended.stderr)

    def test_what_a_step_that_works_says_is_in_the_log(self):
        self.script("servers/talks/build.sh", "seq 500")
        ended = self.run_matrix()
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertLess(ended.stderr.count("\n"), 20, ended.stderr)
        self.assertIn("\n500\n", (self.root / "build/setup.log").read_text())

    def test_a_harness_that_does_not_compile_is_none_either(self):
        self.tool("cmake", '[[ "$*" != *ticket-interop* ]] || exit 1; mkdir -p build/release; : >build/release/build.ninja')
        ended = self.run_matrix()
        self.assertEqual(ended.returncode, 3)
        self.assertIn("set-up failed while building the harness", ended.stderr)

    def test_an_adapter_that_does_not_compile_costs_only_itself(self):
        works = (self.tools / "cmake").read_text()
        (self.tools / "cmake").write_text(works + '\ncase "$*" in *clients/all*) exit 1 ;; '
                                          '*adapter_bad*) echo "bad.cpp:7: error: no such type"; exit 1 ;; esac\n')
        ended = self.run_matrix()
        self.assertEqual((ended.returncode, ended.stdout), (0, "ran run\n"), ended.stderr)
        self.assertEqual((self.root / "build/release/clients/bad/.failed").read_text(), "bad.cpp:7: error: no such type\n")
        self.assertFalse((self.root / "build/release/clients/good/.failed").exists())
        self.assertIn("-D TI_BROKEN_ADAPTERS=bad\n", self.logged())

    def test_an_optional_client_asked_for_by_name_must_build(self):
        self.script("clients/optional/build.sh", "echo 'error: no compiler' >&2; exit 1")
        self.assertEqual(self.run_matrix("--with", "all").returncode, 0)
        self.assertEqual((self.root / "build/clients/optional/.failed").read_text().strip(), "no compiler")
        ended = self.run_matrix("--with", "optional")
        self.assertEqual(ended.returncode, 3)
        self.assertIn("set-up failed while building the client optional", ended.stderr)

    def test_a_build_of_another_place_is_made_anew(self):
        self.run_matrix()
        kept = self.root / "build/release/kept"
        kept.write_text("")
        self.run_matrix()
        self.assertTrue(kept.exists())
        (self.root / "build/release/.machine").write_text("another place\n")
        self.assertIn("building anew", self.run_matrix().stderr)
        self.assertFalse(kept.exists())

    def test_packages_are_asked_for_with_one_command(self):
        self.tool("dpkg-query", "echo cmake installed")
        self.tool("id", "echo 1000")
        self.tool("sudo", "exit 1")
        ended = self.run_matrix()
        self.assertEqual(ended.returncode, 3)
        self.assertIn("run this once: apt-get update && apt-get install -y --no-install-recommends g++", ended.stderr)


if __name__ == "__main__":
    unittest.main()
