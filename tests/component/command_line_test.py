#!/usr/bin/env python3
"""The command line: exit statuses, help with what was mistyped, and the commands that read results.

TI_PROGRAM names the program.
"""

import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import shutil
import socket
import struct
import subprocess
import termios
import threading
import unittest

from program import PROGRAM, ROOT, ProgramTest, cells, results, ticket_interop

PAIR = ["--server", "openssl", "--client", "openssl"]


def serve_bridge(bridge, path):
    """Passes what comes to a TCP listener on to a unix socket, and back, until the listener is closed."""
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    with contextlib.suppress(OSError):
        while True:
            near, _ = bridge.accept()
            far = socket.socket(socket.AF_UNIX)
            far.connect(str(path))
            for ends in (near, far), (far, near):
                threading.Thread(target=pump, args=ends, daemon=True).start()


class CommandLine(ProgramTest):
    def test_help_teaches(self):
        said = ticket_interop("--help")
        self.assertEqual(said.returncode, 0)
        for word in "run", "list", "show", "decode", "doctor", "merge", "Examples:", "Exit status":
            self.assertIn(word, said.stdout)
        options = ticket_interop("run", "--help").stdout
        for option in "--server", "--clock", "--shard", "--resume", "--fresh", "--keep", "--baseline", "--dry-run":
            self.assertIn(option, options)

    def test_a_mistyped_command(self):
        said = self.usage("rnu")
        self.assertIn('no command "rnu"', said)
        self.assertIn('did you mean "run"?', said)

    def test_no_command(self):
        self.usage()

    def test_a_mistyped_option(self):
        self.assertIn('did you mean "--scenario"?', self.usage("run", "--scenari", "renew"))

    def test_a_glob_that_matches_nothing(self):
        said = self.usage("run", "--server", "opnssl")
        self.assertIn('no server matches "opnssl"; did you mean "openssl"?', said)
        self.assertIn("ticket-interop list servers", said)
        self.assertIn('did you mean "s_client"?', self.usage("run", "--client", "sclient"))
        self.assertIn('did you mean "expired"?', self.usage("run", "--scenario", "expird"))

    def test_a_version_that_is_none(self):
        self.assertIn("1.0, 1.1, 1.2 or 1.3", self.usage("run", "--tls", "1.4"))

    def test_a_value_that_is_empty_is_not_one_that_is_missing(self):
        for option in "--baseline", "--shard", "--known", "--out", "--resume", "--scenarios":
            self.assertIn(f"{option}: the value is empty", self.usage("run", *PAIR, "--dry-run", option, ""))
        self.assertIn("--out: the value is empty", self.usage("merge", self.folder, "--out", ""))

    def test_filters_that_leave_nothing(self):
        self.assertIn("leave no cell", self.usage("run", *PAIR, "--scenario", "pr2888", "--tls", "1.3"))

    def test_a_mistyped_choice(self):
        self.assertIn("want one of real, virtual", self.usage("run", *PAIR, "--clock", "vritual"))
        self.assertIn("want one of all, failed, none", self.usage("run", *PAIR, "--keep", "some"))

    def test_a_shard_that_makes_no_sense(self):
        self.assertIn("I/N", self.usage("run", *PAIR, "--shard", "3/2"))
        self.usage("run", *PAIR, TICKET_INTEROP_SHARD="none")
        self.assertIn("--shard", self.usage("run", *PAIR, CI_NODE_INDEX="1"))

    def test_a_shard_that_is_asked_for_needs_no_variables(self):
        ended = ticket_interop("run", *PAIR, "--scenario", "renew", "--shard", "1/2", "--out", self.folder / "out",
                               CI_NODE_INDEX="1", TICKET_INTEROP_SHARD="none")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("2 cells (shard 1/2 of 4)", ended.stdout)

    def test_an_empty_share_is_told(self):
        ended = ticket_interop("run", *PAIR, "--scenario", "renew", "--shard", "9/10", "--out", self.folder / "out", "-q")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("shard 9/10 is empty: there are only 4 cells to share out", ended.stdout)
        self.assertEqual(results(self.folder / "out")["cells"], [])

    def test_the_version_names_the_sources_wherever_they_are(self):
        copy = self.folder / "elsewhere"
        shutil.copytree(ROOT / "harness", copy)

        def version():
            made = self.folder / "version.cpp"
            subprocess.run(["cmake", "-D", f"OUT={made}", "-D", f"FOLDER={copy}", "-D", "RELEASE=0.1.0", "-P",
                            ROOT / "harness/version.cmake"], check=True)
            return made.read_text().split('"')[1]

        self.assertEqual(version(), ticket_interop("--version").stdout.strip())
        with open(copy / "rules/judge.cpp", "a") as source:
            source.write("// another rule\n")
        self.assertNotEqual(version(), ticket_interop("--version").stdout.strip())

    def test_a_folder_that_is_no_run(self):
        self.assertIn("run.json: cannot be read", self.usage("run", *PAIR, "--resume", self.folder))
        self.usage("show", self.folder, "*")
        self.usage("run", *PAIR, "--baseline", self.folder / "none.json")

    def test_a_command_to_check_and_what_it_claims(self):
        adapter = ["--", "python3", "-B", ROOT / "tests/component/fakes/example_adapter.py"]
        said = ticket_interop("check-client", "--only", "hello", "--capability", "keylog", "--capability", "warm", *adapter)
        self.assertEqual(said.returncode, 0, said.stdout + said.stderr)
        self.assertIn("hello                    ok", said.stdout)
        self.assertIn('did you mean "keylog"?', self.usage("check-client", "--capability", "keylgo", *adapter))

    def test_a_mistyped_list(self):
        self.assertIn('did you mean "servers"?', self.usage("list", "server"))

    def test_lists_as_json(self):
        for what, known in ("servers", "openssl"), ("clients", "s_client"), ("scenarios", "renew"), (
            "rules", "rfc5077-3.3-one-ticket"), ("cells", "openssl/openssl/renew@1.2"):
            rows = json.loads(ticket_interop("list", what, "--json").stdout)
            self.assertIn(known, [row["id"] for row in rows])
        seen = {row["id"]: row["seen"] for row in json.loads(ticket_interop("list", "clients", "--json").stdout)}
        self.assertRegex(seen["openssl"], r"3\.0\.")
        self.assertNotIn("", seen.values())

    def test_dry_run_writes_scripts_and_runs_none(self):
        deep = self.folder / ("deep " * 20) / "it's"
        said = ticket_interop("run", *PAIR, "--scenario", "renew", "--tls", "1.2", "--dry-run", "--out", deep)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertEqual([said.stdout.count(f"{which} terminal:") for which in ("first", "second", "third")], [1, 1, 1])
        self.assertEqual(sorted(path.name for path in deep.iterdir()), ["credentials", "openssl_openssl_renew@1.2"])
        made = deep / "openssl_openssl_renew@1.2"
        for script in made.glob("*.sh"):
            self.assertEqual(subprocess.run(["bash", "-n", script]).returncode, 0)
        server, client = (made / "server.sh").read_text(), (made / "client.sh").read_text()
        self.assertIn("-unix s.sock", server)
        self.assertIn("-ticket_renew_after 10", server)
        orders = [json.loads(shlex.split(line)[1]) for line in client.splitlines() if line.lstrip().startswith("echo")]
        self.assertEqual([order["do"] for order in orders], ["configure", "connect", "connect", "connect"])
        self.assertIn("  sleep 15\n", client)
        self.assertTrue((deep / "credentials/ca.pem").exists())

    def test_a_client_by_hand_really_runs(self):
        """The scripts as they are, the waits apart: what is exported once is offered next."""
        out = self.folder / "o"
        for client in "openssl", "openssl-export", "s_client":
            ticket_interop("run", "--server", "openssl", "--client", client, "--scenario", "renew", "--tls", "1.2",
                           "--dry-run", "--out", out)
            made = out / f"openssl_{client}_renew@1.2"
            client_script = re.sub(r"(?m)^ *sleep [0-9]+\n", "", (made / "client.sh").read_text())
            bridge = socket.create_server(("127.0.0.1", 0))
            client_script = client_script.replace("4433", str(bridge.getsockname()[1]))
            server = subprocess.Popen(["bash", made / "server.sh"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            try:
                while "ACCEPT" not in server.stdout.readline():
                    pass
                threading.Thread(target=serve_bridge, args=(bridge, made / "s.sock"), daemon=True).start()
                ended = subprocess.run(["bash", "-c", client_script], capture_output=True, text=True, timeout=60)
            finally:
                server.kill()
                server.wait()
                server.stdout.close()
                bridge.close()
            resumed = ended.stdout.count('"resumed":true') + len(re.findall("^Reused, ", ended.stdout, re.M))
            self.assertEqual(resumed, 2, client + ended.stdout + ended.stderr)

    def test_what_is_asked_for_by_name_must_be_there(self):
        missing = [row["id"] for row in json.loads(ticket_interop("list", "clients", "--json").stdout)
                   if row["state"] != "ready"]
        if not missing:
            self.skipTest("every client is built here")
        ended = ticket_interop("run", "--server", "openssl", "--client", missing[0], "--out", self.folder / "out")
        self.assertEqual(ended.returncode, 3)
        self.assertIn(f"client {missing[0]} ", ended.stderr)
        quiet = ticket_interop("run", "--server", "openssl", "--client", missing[0] + "*", "--scenario", "renew", "--tls",
                               "1.2", "--out", self.folder / "other")
        self.assertNotEqual(quiet.returncode, 0, "unsupported cells alone prove nothing")

    def test_results_are_not_overwritten_unless_asked(self):
        run = ["run", *PAIR, "--scenario", "young", "--tls", "1.2", "--out", self.folder / "out"]
        self.assertEqual(ticket_interop(*run).returncode, 0)
        self.assertIn("--force", self.usage(*run))
        self.assertEqual(ticket_interop(*run, "--force").returncode, 0)
        file = self.folder / "file"
        file.write_text("")
        self.assertIn("this is a file", self.usage("run", *PAIR, "--out", file))

    def test_a_known_issue_of_nothing_is_an_error(self):
        known = self.folder / "known.json"
        known.write_text('[{ "client": "gnutlz*", "rule": "expect-offered", "link": "x" }]')
        said = self.usage("run", *PAIR, "--known", known, "--out", self.folder / "out")
        self.assertIn('a known issue names the client "gnutlz*", which there is not', said)
        json.loads((ROOT / "reports/known_issues.json").read_text())

    def test_plain_words_for_wrong_arguments(self):
        self.assertIn("--skip leaves out all of them", self.usage("run", *PAIR, "--skip", "*"))
        self.assertNotIn(";\n", self.usage("run", "--json"))
        ended = ticket_interop("run", *PAIR, "--scenario", "young", "--out", self.folder / "out", TMPDIR="/nonexistent")
        self.assertEqual(ended.returncode, 3)
        self.assertIn("TMPDIR=/nonexistent", ended.stderr)

    def test_json_is_data(self):
        clients = json.loads(ticket_interop("list", "clients", "--json").stdout)
        self.assertIn("1.2", next(row["tls"] for row in clients if row["id"] == "openssl"))
        parts = {(part["kind"], part["id"]): part for part in json.loads(ticket_interop("doctor", "--json").stdout)}
        self.assertIs(parts["server", "openssl"]["ready"], True)
        said = ticket_interop("check-client", "--json", "--only", "hello", "openssl")
        report = json.loads(said.stdout)[0]
        self.assertEqual((said.returncode, report["holds"], report["checks"][0]["name"]), (0, True, "hello"))

    def test_the_help_fits_a_narrow_screen(self):
        for command in "run", "list", "check-client":
            master, screen = pty.openpty()
            fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 80, 0, 0))
            subprocess.run([PROGRAM, command, "--help"], stdout=screen, timeout=60)
            os.close(screen)
            text = b""
            with contextlib.suppress(OSError):
                while more := os.read(master, 65536):
                    text += more
            os.close(master)
            options = [line for line in text.decode().splitlines() if line.startswith("  ")]
            self.assertEqual([line for line in options if len(line) > 80], [])

    def test_scenarios_of_another_folder(self):
        mine = self.folder / "mine"
        mine.mkdir()
        for name in "first", "second":
            shutil.copy(ROOT / "scenarios/renewal/renew.json", mine / f"{name}.json")
        ended = ticket_interop("run", *PAIR, "--scenarios", mine, "--tls", "1.2", "--out", self.folder / "out")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertEqual(sorted(cells(self.folder / "out")), [f"openssl/openssl/{name}@1.2" for name in ("first", "second")])
        self.assertIn("cannot be read", self.usage("run", *PAIR, "--scenarios", self.folder / "none"))


class Decode(ProgramTest):
    def test_the_report_of_2012_is_the_servers_fault(self):
        said = ticket_interop("decode", ROOT / "tests/golden/seed/renewal-report-2012.txt")
        self.assertEqual(said.returncode, 1)
        self.assertIn("verdict: fail, fault: server, rule: rfc5077-3.3-one-ticket, at connection 2 message 8", said.stdout)
        offending = [line for line in said.stdout.splitlines() if line.startswith(">")]
        self.assertEqual(len(offending), 1)
        self.assertIn("NewSessionTicket", offending[0])
        self.assertIn("<== rfc5077-3.3-one-ticket (server)", offending[0])
        self.assertIn("consequence: the client sent the alert unexpected_message", said.stdout)

    def test_a_text_that_lacks_what_the_client_refused_accuses_nobody(self):
        said = ticket_interop("decode", ROOT / "tests/golden/msg_text/openssl-3.0-msg-double-ticket.txt")
        self.assertIn("verdict: inconclusive", said.stdout)
        self.assertIn("nothing is printed of a record of 244 bytes", said.stdout)

    def test_a_capture_of_the_same_bug(self):
        said = ticket_interop("decode", ROOT / "tests/golden/wire/tls10-double-ticket.pcapng")
        self.assertEqual(said.returncode, 1)
        self.assertIn("fault: server, rule: rfc5077-3.3-one-ticket", said.stdout)

    def test_each_connection_has_a_verdict_and_notes_fail_nothing(self):
        said = ticket_interop("decode", ROOT / "tests/golden/decode/preconnect_given_up.pcap")
        self.assertEqual(said.returncode, 0, said.stdout)
        self.assertIn("2 connections: 1 pass, 1 given up\nverdict: pass\n", said.stdout)
        said = ticket_interop("decode", ROOT / "tests/golden/decode/two_malformed_hellos.pcap")
        self.assertEqual(said.returncode, 1)
        self.assertIn("2 connections: 2 fail (client)", said.stdout)
        self.assertNotIn("also:", said.stdout)

    def test_several_files_are_one_and_standard_input_is_a_file(self):
        golden = ROOT / "tests/golden/decode"
        said = ticket_interop("decode", golden / "sslv2_hello.pcap", golden / "proxy_protocol.pcap")
        self.assertIn("2 connections: 2 pass", said.stdout)
        with open(golden / "fin_after_its_ack.pcap", "rb") as file:
            piped = subprocess.run([PROGRAM, "decode", "-"], stdin=file, capture_output=True, text=True)
        self.assertEqual(piped.returncode, 0, piped.stderr)
        self.assertIn("verdict: pass", piped.stdout)

    def test_all_of_it_as_data(self):
        said = ticket_interop("decode", "--json", ROOT / "tests/golden/wire/tls10-double-ticket.pcapng")
        document = json.loads(said.stdout)
        self.assertEqual((document["verdict"], document["fault"]), ("fail", "server"))
        self.assertEqual(document["summary"]["connections"], len(document["connections"]))

    def test_what_is_neither(self):
        file = self.folder / "letter.txt"
        file.write_text("Dear list,\nmy tickets do not renew.\n")
        self.assertIn(str(file), self.usage("decode", file))
        self.assertIn("cannot be read", self.usage("decode", self.folder / "none.pcapng"))


class OneFailure(ProgramTest):
    """A server with the bug of 2012, against a client of today."""

    def setUp(self):
        super().setUp()
        self.assertTrue((ROOT / "build/servers/openssl-double-ticket/openssl").exists(),
                        "not built: servers/openssl-double-ticket/build.sh build/servers/openssl-double-ticket")
        self.out = self.folder / "out"
        self.cell = "openssl-double-ticket/openssl/pr2888@1.0"
        none_known = self.folder / "known.json"
        none_known.write_text("[]")
        self.ran = ticket_interop("run", "--server", "openssl-double-ticket", "--client", "openssl", "--scenario",
                                  "pr2888", "--out", self.out, "--known", none_known)

    def test_is_told_shown_and_decoded_alike(self):
        verdict = ("fail", "server", "rfc5077-3.3-one-ticket")
        self.assertEqual(self.ran.returncode, 0, self.ran.stdout + self.ran.stderr)
        self.assertEqual(cells(self.out), {self.cell: verdict})
        self.assertEqual(results(self.out)["cells"][0]["control"], "caught")
        self.assertIn("0 unexpected, 0 known, 1 of 1 control caught", self.ran.stdout)

        shown = ticket_interop("show", self.out, self.cell)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        offending = [line for line in shown.stdout.splitlines() if line.startswith(">")]
        self.assertEqual(len(offending), 1, shown.stdout)
        self.assertIn("<== rfc5077-3.3-one-ticket (server)", offending[0])

        evidence = results(self.out)["cells"][0]["evidence"]
        decoded = ticket_interop("decode", self.out / evidence["capture"])
        self.assertEqual(decoded.returncode, 1)
        at = results(self.out)["cells"][0]["at"]
        self.assertIn(f"fault: server, rule: rfc5077-3.3-one-ticket, at connection {at['connection']} "
                      f"message {at['message']}", decoded.stdout)
        for file in [evidence["capture"], evidence["keylog"], evidence["trace"], *evidence["logs"]]:
            self.assertTrue((self.out / file).exists(), file)
            self.assertEqual((self.out / file).stat().st_mode & 0o077, 0, f"{file} is not private")

        self.assertIn("did you mean", self.usage("show", self.out, self.cell.replace("pr2888", "pr2889")))
        again = ticket_interop("run", "--server", "openssl-double-ticket", "--client", "openssl", "--scenario", "pr2888",
                               "--out", self.folder / "again", "--baseline", self.out)
        self.assertEqual(again.returncode, 0, "what failed before is expected to fail\n" + again.stdout)


class UnwrittenOutput(ProgramTest):
    """Nobody reads what is printed, or it cannot be written."""

    def ended(self, stdout, *args):
        return subprocess.run([PROGRAM, *map(str, args)], stdout=stdout, stderr=subprocess.PIPE, text=True)

    def without_reader(self, *args):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            return self.ended(writer, *args)
        finally:
            os.close(writer)

    def without_room(self, *args):
        with open("/dev/full", "w") as full:
            return self.ended(full, *args)

    def test_a_run_and_a_merge_have_their_results_in_files(self):
        matrix = ["run", *PAIR, "--scenario", "renew", "--tls", "1.2"]
        for number, ended in enumerate([self.without_reader, self.without_room]):
            out, joined = self.folder / f"out{number}", self.folder / f"joined{number}"
            ran = ended(*matrix, "--out", out)
            self.assertEqual(ran.returncode, 0, ran.stderr)
            self.assertEqual(len(results(out)["cells"]), 1)
            merged = ended("merge", out, "--out", joined)
            self.assertEqual(merged.returncode, 0, merged.stderr)
            self.assertEqual(len(results(joined)["cells"]), 1)
            dry = ended(*matrix, "--dry-run", "--out", self.folder / f"dry{number}")
            self.assertEqual((dry.returncode, dry.stderr), (0, ""))

    def test_streams_that_are_closed_are_no_files_of_the_run(self):
        closed = ["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM]
        self.assertEqual(subprocess.run([*closed, "list", "cells"], timeout=60).returncode, 0)
        run = [*closed, "run", *PAIR, "--scenario", "renew", "--out", self.folder / "out"]
        self.assertEqual(subprocess.run(run, timeout=60).returncode, 0)
        self.assertEqual({verdict for verdict, _, _ in cells(self.folder / "out").values()}, {"pass"})
        self.assertEqual(len(results(self.folder / "out")["cells"]), 4)

    def test_what_only_prints_says_when_it_could_not(self):
        text = ROOT / "tests/golden/seed/renewal-report-2012.txt"
        for status, command in (0, ["list", "cells"]), (0, ["list", "servers"]), (1, ["decode", text]):
            full = self.without_room(*command)
            self.assertEqual(full.returncode, 3)
            self.assertIn(f"ticket-interop {command[0]}: the output could not be written completely", full.stderr)
            unread = self.without_reader(*command)
            self.assertEqual((unread.returncode, unread.stderr), (status, ""))


class Statuses(ProgramTest):
    def test_an_error_is_3(self):
        ended = ticket_interop("run", *PAIR, "--scenario", "renew", "--tls", "1.2", "--out", self.folder / "out",
                               "--deadline", "1", "--clock", "real")
        self.assertEqual(ended.returncode, 3, ended.stdout + ended.stderr)
        self.assertIn("stopped", ended.stdout)


if __name__ == "__main__":
    unittest.main()
