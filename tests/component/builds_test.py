#!/usr/bin/env python3
"""Builds by place: prefixes made of copies of this system's own libssl, and places that are none.

TI_PROGRAM names the program.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import unittest

from program import PROGRAM, ProgramTest, results, ticket_interop

RENEW = ["--server", "openssl", "--scenario", "renew", "--tls", "1.2"]


def system_libraries():
    """Where this system has libssl and libcrypto, by what `openssl` is linked to."""
    printed = subprocess.run(["ldd", shutil.which("openssl")], capture_output=True, text=True, check=True).stdout
    words = [line.split() for line in printed.splitlines()]
    return [pathlib.Path(line[2]) for line in words if line[0].startswith(("libssl.", "libcrypto."))]


class Builds(ProgramTest):
    def prefix(self, name):
        """An install prefix: bin/openssl, lib/libssl.so.N, lib/libcrypto.so.N."""
        prefix = self.folder / name
        (prefix / "lib").mkdir(parents=True)
        (prefix / "bin").mkdir()
        for library in system_libraries():
            shutil.copy(library, prefix / "lib")
        shutil.copy(shutil.which("openssl"), prefix / "bin")
        return prefix

    def run_on(self, *args, status=0):
        out = self.folder / "results"
        ended = ticket_interop("run", *RENEW, "--out", out, "--force", *args, TICKET_INTEROP_CACHE=self.folder / "cache")
        self.assertEqual(ended.returncode, status, ended.stderr + ended.stdout)
        return ended.stderr if status else results(out)

    def test_a_build_is_named_by_its_version_and_told_with_its_file(self):
        prefix = self.prefix("mine")
        seen = self.run_on("--client", f"openssl={prefix}")
        self.assertEqual(len(seen["clients"]), 1)
        (client, facts), = seen["clients"].items()
        version = facts["version"].split()[1]
        self.assertEqual(client, f"openssl={version}")
        self.assertEqual([cell["id"] for cell in seen["cells"]], [f"openssl/openssl={version}/renew@1.2"])
        library, = (prefix / "lib").glob("libssl.so*")
        self.assertEqual(facts["file"], str(library.resolve()))
        self.assertEqual(facts["file_sha256"], hashlib.sha256(library.read_bytes()).hexdigest())
        self.assertEqual(facts["build"], str(prefix))

    def test_several_builds_of_one_client_side_by_side(self):
        first, second = self.prefix("first"), self.prefix("second")
        seen = self.run_on("--client", f"s_client={first}", "--client", f"s_client=mine:{second}", "--client", "s_client")
        self.assertIn("s_client", seen["clients"])
        self.assertIn("s_client=mine", seen["clients"])
        self.assertEqual(len(seen["clients"]), 3)
        self.assertTrue(all(cell["known"] for cell in seen["cells"]), "what is known of s_client is known of its builds")

    def test_the_same_build_twice_wants_labels(self):
        prefix = self.prefix("mine")
        self.assertIn("give them labels", self.run_on("--client", f"s_client={prefix}", "--client", f"s_client={prefix}",
                                                      status=2))

    def test_a_place_that_is_none_is_refused(self):
        prefix = self.prefix("openssl-3")
        (self.folder / "empty").mkdir()
        for place, said in (self.folder / "opnssl-3", 'did you mean "openssl-3"?'), (self.folder / "empty", "holds no"), \
                           (prefix / "lib/none.so", "there is no"), (prefix / "bin/openssl", "is a file, and wanted is"):
            self.assertIn(said, self.run_on("--client", f"openssl={place}", status=2))
        self.assertIn("runs on its own build alone", self.run_on("--client", f"scripted={prefix}", status=2))

    def test_another_library_than_was_meant_is_an_error_that_names_both(self):
        prefix = self.prefix("mine")
        library, = (prefix / "lib").glob("libssl.so*")
        library.rename(prefix / "lib/libssl.so.99")
        said = self.run_on("--client", f"openssl={prefix}", status=3)
        self.assertIn(f"is loaded, and {prefix.resolve()}/lib/libssl.so.99 was meant", said)

    def test_another_program_than_was_meant_is_an_error(self):
        prefix = self.prefix("mine")
        program = prefix / "bin/openssl"
        program.unlink()
        program.write_text(f'#!/bin/sh\nexec {shutil.which("openssl")} "$@"\n')
        program.chmod(0o755)
        self.assertIn(f"runs, and {program.resolve()} was meant", self.run_on("--client", f"s_client={prefix}", status=3))

    def test_a_program_is_asked_what_it_knows(self):
        prefix = self.folder / "old"
        (prefix / "bin").mkdir(parents=True)
        built = pathlib.Path(PROGRAM).resolve().parents[1] / "tests/component/component_fake_old_program"
        shutil.copy(built, prefix / "bin/openssl")
        listed = ticket_interop("list", "clients", "--json", "--client", f"s_client={prefix}",
                                TICKET_INTEROP_CACHE=self.folder / "cache")
        rows = {row["id"]: row for row in json.loads(listed.stdout)}
        self.assertEqual(rows["s_client=1.0.0j"]["tls"], ["1.0"], listed.stderr)
        self.assertEqual(rows["s_client"]["tls"], ["1.0", "1.1", "1.2", "1.3"])

    def test_check_client_and_list_take_builds(self):
        prefix = self.prefix("mine")
        checked = ticket_interop("check-client", f"openssl=mine:{prefix}", "--only", "hello*", "--json",
                                 TICKET_INTEROP_CACHE=self.folder / "cache")
        self.assertEqual([client["client"] for client in json.loads(checked.stdout)], ["openssl=mine"], checked.stderr)
        listed = ticket_interop("list", "builds", "--json", "--client", f"openssl=mine:{prefix}",
                                TICKET_INTEROP_CACHE=self.folder / "cache")
        rows = {row["id"]: row for row in json.loads(listed.stdout)}
        self.assertEqual(rows["openssl=mine"]["place"], str(prefix))
        self.assertEqual(rows["openssl"]["takes"], ["libssl", "libcrypto"])
        self.assertIsNone(rows["openssl"]["place"])


if __name__ == "__main__":
    unittest.main()
