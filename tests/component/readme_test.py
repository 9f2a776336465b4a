#!/usr/bin/env python3
"""The README's walk-throughs, each command as it stands there.

TI_PROGRAM names the program.
"""

import os
import re
import subprocess
import unittest

from program import PROGRAM, ROOT, ProgramTest

SECTION = (ROOT / "README.md").read_text().partition("## Three ways to use it")[2].partition("\n## ")[0]
WAYS = [re.findall(r"^    (.*)$", part, re.M) for part in re.split(r"^\*\*", SECTION, flags=re.M)[1:]]


class WalkThroughs(ProgramTest):
    def walk(self, commands, statuses):
        self.assertEqual(len(commands), len(statuses))
        said = []
        for command, status in zip(commands, statuses):
            words = command.replace("build/bin/ticket-interop", PROGRAM).replace("tests/golden", str(ROOT / "tests/golden"))
            ended = subprocess.run(["bash", "-c", words], cwd=self.folder, capture_output=True, text=True, timeout=300, env=os.environ)
            self.assertEqual(ended.returncode, status, f"{command}\n{ended.stdout}{ended.stderr}")
            said.append(ended.stdout)
        return said

    def test_there_are_three(self):
        self.assertEqual(len(WAYS), 3)

    def test_a_job(self):
        self.walk(WAYS[0], [0, 0])
        self.assertTrue((self.folder / "now/index.html").exists())

    def test_a_new_build(self):
        self.assertIn("0 regressions", self.walk(WAYS[1], [0, 0])[-1])

    def test_a_bug_report(self):
        said = self.walk(WAYS[2], [1, 0, 0, 0, 0])
        self.assertIn("server", said[0])
        self.assertIn("shown again: the server broke rfc5077-3.3-one-ticket", said[-1])
        self.assertTrue((self.folder / "case/report.md").exists())


if __name__ == "__main__":
    unittest.main()
