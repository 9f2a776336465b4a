#!/usr/bin/env python3
"""manual and completion: what man and shells are told of the commands.

TI_PROGRAM names the program.
"""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from program import PROGRAM, ticket_interop

COMMANDS = re.findall(r"^  ([a-z-]+) +[a-z]", ticket_interop("--help").stdout.partition("Subcommands:")[2].partition("Examples:")[0], re.M)


class Manual(unittest.TestCase):
    def test_it_names_every_command_and_option(self):
        text = ticket_interop("manual").stdout
        plain = text.replace("\\-", "-")
        self.assertGreater(len(COMMANDS), 8)
        for command in COMMANDS:
            self.assertIn(f".SS {command}\n", plain)
            for option in re.findall(r"--[a-z-]+", ticket_interop(command, "--help").stdout.partition("Options:")[2].partition("Examples")[0]):
                self.assertIn(option, plain, command)

    @unittest.skipUnless(shutil.which("groff"), "groff is not here")
    def test_roff_finds_nothing_wrong_with_it(self):
        text = ticket_interop("manual").stdout
        ended = subprocess.run(["groff", "-man", "-ww", "-z", "-K", "utf8"], input=text, capture_output=True, text=True)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_an_unknown_shell_is_told_those_that_there_are(self):
        ended = ticket_interop("completion", "tcsh")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("bash, zsh and fish", ended.stderr)


class InBash(unittest.TestCase):
    def completed(self, *words):
        """What bash offers for the last of the words."""
        script = ('eval "$("$1" completion bash)"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ticket_interop; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        with tempfile.TemporaryDirectory(prefix="ti-") as folder:
            pathlib.Path(folder, "some-file").touch()
            ended = subprocess.run(["bash", "-c", script, "bash", PROGRAM, PROGRAM, *words], capture_output=True, text=True, cwd=folder)
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))
        return ended.stdout.split()

    def test_commands(self):
        self.assertEqual(set(COMMANDS) - set(self.completed("")), set())
        self.assertEqual(self.completed("rep"), ["report", "repro"])

    def test_options_of_the_command(self):
        self.assertEqual(self.completed("run", "--bas"), ["--baseline"])
        self.assertEqual(self.completed("--data", "x", "show", "--j"), ["--json"])
        self.assertEqual(self.completed("show", "--bas"), [])

    def test_names_of_servers_clients_and_scenarios(self):
        self.assertIn("nginx", self.completed("run", "--server", "ng"))
        self.assertIn("openssl-export", self.completed("run", "--client", "openssl-e"))
        self.assertIn("renew", self.completed("run", "--scenario", "ren"))

    def test_files(self):
        self.assertEqual(self.completed("decode", "some"), ["some-file"])


class InOtherShells(unittest.TestCase):
    def check(self, shell):
        if not shutil.which(shell):
            self.skipTest(f"{shell} is not here")
        with tempfile.NamedTemporaryFile("w", suffix=f".{shell}") as file:
            file.write(ticket_interop("completion", shell).stdout)
            file.flush()
            ended = subprocess.run([shell, "-n", file.name], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
        self.assertEqual((ended.returncode, ended.stderr), (0, ""))

    def test_zsh_reads_it(self):
        self.check("zsh")

    def test_fish_reads_it(self):
        self.check("fish")


if __name__ == "__main__":
    unittest.main()
