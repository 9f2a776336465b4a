#!/usr/bin/env python3
"""report, diff, trend and known: what they make of results, true ones and hostile ones, read by parsers of others.

TI_PROGRAM names the program.
"""

import csv
import io
import json
import pathlib
import re
import tempfile
import unittest
import xml.etree.ElementTree

from program import ticket_interop
from results_maker import KNOWN, UNSUPPORTED, cell, document, failing, write

HOSTILE = "</script>]]>&\"'\n\x1b[31m../../etc|`*\u0085#"
SAFE = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]*")


def some_cells():
    return [cell("nginx", "gnutls", "young"),
            cell("nginx", "gnutls", "old", **UNSUPPORTED, reason="server nginx lacks x"),
            failing("nginx", "gnutls", "renew", **KNOWN), failing("nginx", "gnutls", "chain", **KNOWN),
            failing("nginx", "openssl", "renew"), failing("openssl", "openssl", "renew"),
            cell("openssl", "openssl", "lost", verdict="error", reason="the server was killed")]


def hostile_cells():
    return [failing("nginx", "gnutls", "renew", reason=HOSTILE, rule="rule-" + HOSTILE, known=True, known_link=HOSTILE,
                    expected="fail"),
            failing("nginx", "openssl", "renew", reason=HOSTILE, rule="rule-" + HOSTILE),
            cell("nginx", "openssl", "gone", verdict="error", reason=HOSTILE)]


class ResultsTest(unittest.TestCase):
    """Every test has a folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ti-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def says(self, *args, status=0):
        ended = ticket_interop(*args)
        self.assertEqual(ended.returncode, status, ended.stderr + ended.stdout)
        return ended.stdout if status in (0, 1) else ended.stderr


class Reports(ResultsTest):
    def report(self, form, cells=None, **how):
        where = write(self.folder / "made", some_cells() if cells is None else cells, **how)
        out = self.folder / form
        self.says("report", where, "--format", form, "-o", out)
        return out.read_bytes().decode("utf-8")

    def test_junit_has_a_suite_for_each_finding_and_known_failures_skipped(self):
        root = xml.etree.ElementTree.fromstring(self.report("junit"))
        self.assertEqual({k: root.get(k) for k in ("tests", "failures", "errors", "skipped")},
                         {"tests": "7", "failures": "2", "errors": "1", "skipped": "3"})
        suites = root.findall("testsuite")
        self.assertEqual([len(suite) for suite in suites][:2], [3, 3])  # two cells and what is said of them
        self.assertEqual(len(suites[0].findall("testcase/failure")), 2)
        reason = suites[1].find("testcase/skipped").get("message")
        self.assertIn("known: reports/KNOWN.md#a", reason)
        self.assertEqual(sum(len(suite.findall("testcase")) for suite in suites), 7)

    def test_tap(self):
        lines = self.report("tap").split("\n")
        self.assertEqual(lines[:2], ["TAP version 14", "1..7"])
        points = [line for line in lines if re.match(r"(not )?ok ", line)]
        self.assertEqual(len(points), 7)
        self.assertEqual([int(re.search(r"\d+", point)[0]) for point in points], list(range(1, 8)))
        self.assertEqual(len([point for point in points if point.startswith("not ok") and " # TODO known" in point]), 2)
        self.assertEqual(len([point for point in points if point.startswith("ok") and " # SKIP " in point]), 1)
        self.assertEqual(len([point for point in points if point.startswith("not ok") and "#" not in point]), 3)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(self.report("csv"), newline="")))
        self.assertEqual(len(rows), 7)
        self.assertEqual([row["finding_state"] for row in rows], ["new", "new", "known", "known", "", "", ""])
        self.assertEqual(rows[0]["cell"], "nginx/openssl/renew@1.2")
        self.assertTrue(self.report("csv").endswith("\r\n"))

    def test_sarif_has_a_result_for_each_finding_and_for_what_was_not_judged(self):
        log = json.loads(self.report("sarif"))
        self.assertEqual(log["version"], "2.1.0")
        run = log["runs"][0]
        self.assertEqual([result["level"] for result in run["results"]], ["error", "note", "warning"])
        self.assertEqual([len(result.get("suppressions", [])) for result in run["results"]], [0, 1, 0])
        rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
        for result in run["results"]:
            self.assertIn(result["ruleId"], rules)
            self.assertTrue(result["message"]["text"])
            self.assertTrue(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    def test_annotations_are_of_new_findings_alone(self):
        lines = self.report("annotations").splitlines()
        self.assertEqual([line.split(" ")[0] for line in lines], ["::error", "::warning", "::notice"])
        self.assertRegex(lines[0], r"^::error title=client [^:,]+%2C expect-offered::[^:]")
        self.assertIn("the server was killed", lines[1])
        self.assertIn("3 unexpected, 2 known", lines[2])

    def test_markdown(self):
        text = self.report("markdown")
        self.assertTrue(text.startswith("# 3 unexpected, 2 known: "))
        self.assertLess(text.index("New findings"), text.index("Known findings"))
        self.assertIn("the server was killed", text)

    def test_markdown_stays_below_a_mebibyte(self):
        many = [failing("nginx", "openssl", f"renew-{i}", reason="x" * 1000) for i in range(3000)]
        text = self.report("markdown", many)
        self.assertLess(len(text.encode()), 1 << 20)
        self.assertIn("left out", text)

    def test_hostile_texts_are_escaped_in_every_format(self):
        for form in "junit", "tap", "csv", "sarif", "markdown", "annotations":
            with self.subTest(form):
                text = self.report(form, hostile_cells())
                self.assertTrue(SAFE.fullmatch(text.replace("\u0085", "") if form == "sarif" else text), repr(text))
                if form != "sarif":
                    self.assertIn("\\x1b[31m", text.replace("\\[", "[").replace("\\\\", "\\"))
                if form == "junit":
                    cases = list(xml.etree.ElementTree.fromstring(text).iter("testcase"))
                    self.assertEqual(len(cases), 3)
                elif form == "sarif":
                    self.assertIn(HOSTILE, json.loads(text)["runs"][0]["results"][0]["message"]["text"])
                elif form == "csv":
                    self.assertEqual({len(row) for row in csv.reader(io.StringIO(text, newline=""))}, {18})
                elif form == "annotations":
                    self.assertEqual(text.count("\n"), text.count("\n::") + 1)
                elif form == "tap":
                    self.assertEqual(len(re.findall(r"^(?:not )?ok ", text, re.M)), 3)
                else:
                    self.assertNotIn("</script>", text)

    def test_hostile_texts_do_not_reach_the_terminal(self):
        where = write(self.folder / "hostile", hostile_cells(), versions={"gnutls": HOSTILE})
        for args in (["show", where, "*"], ["trend", where], ["history", where], ["diff", where, write(self.folder / "b", some_cells())]):
            ended = ticket_interop(*args)
            self.assertNotIn("\x1b", ended.stdout + ended.stderr, args)
            self.assertIn(ended.returncode, (0, 1), ended.stderr)

    def test_results_that_cannot_be_read_are_a_clear_error(self):
        whole = json.dumps(document(some_cells()))
        bad = self.folder / "results.json"
        for text, words in ((whole[:len(whole) // 2], "not JSON"), ("", "not JSON"), ("[]", "results.json:1"),
                            (whole.replace("results/1", "results/99"), "ticket-interop/results/99"),
                            (whole.replace("nginx/gnutls/young@1.2", "../../etc/passwd"), "is not a cell"),
                            (json.dumps(document([cell("\x1b[31m", "a", "b")])), "cannot be an id")):
            bad.write_text(text)
            for command in (["report", bad, "--format", "junit"], ["show", bad, "*"], ["diff", bad, bad],
                            ["trend", bad], ["history", bad], ["merge", bad, "--out", self.folder / "out"]):
                said = self.says(*command, status=2)
                self.assertIn(words, said, command)
                self.assertNotIn("\x1b", said)
        self.assertIn("no such file", self.says("report", self.folder / "none", "--format", "tap", status=2))

    def test_a_format_that_there_is_not(self):
        where = write(self.folder / "made", some_cells())
        self.assertIn('did you mean "junit"?', self.says("report", where, "--format", "junt", status=2))


class Diffs(ResultsTest):
    def diff(self, before, now, *more, status):
        old, new = write(self.folder / "old", before), write(self.folder / "new", now)
        return json.loads(self.says("diff", old, new, "--json", *more, status=status))

    def changes(self, found):
        return {change["cell"]: (change["change"], change["regression"]) for change in found["cells"]}

    def test_nothing_changed(self):
        self.assertEqual(self.diff(some_cells(), some_cells(), status=0)["cells"], [])

    def test_every_kind_of_change_is_told_and_regressions_count(self):
        before = [cell("nginx", "gnutls", name) for name in ("breaks", "known", "lost", "blurs", "stays", "goes")]
        before += [failing("nginx", "gnutls", "mended"), failing("nginx", "gnutls", "turns")]
        now = [failing("nginx", "gnutls", "breaks"), failing("nginx", "gnutls", "known", **KNOWN),
               cell("nginx", "gnutls", "lost", **UNSUPPORTED), cell("nginx", "gnutls", "blurs", verdict="inconclusive"),
               cell("nginx", "gnutls", "stays"), cell("nginx", "gnutls", "mended"),
               failing("nginx", "gnutls", "turns", rule="rfc5077-3.3-one-ticket", fault="server"),
               cell("nginx", "gnutls", "comes"), failing("nginx", "gnutls", "comes-broken")]
        name = "nginx/gnutls/{}@1.2".format
        self.assertEqual(self.changes(self.diff(before, now, status=1)), {
            name("breaks"): ("new failure", True), name("known"): ("new failure", False),
            name("lost"): ("lost capability", True), name("blurs"): ("no longer judged", True),
            name("mended"): ("fixed", False), name("turns"): ("changed reason", True),
            name("comes"): ("appeared", False), name("comes-broken"): ("appeared", True),
            name("goes"): ("disappeared", False)})

    def test_what_is_better_or_gone_is_no_regression(self):
        before = [failing("nginx", "gnutls", "renew"), cell("nginx", "gnutls", "young")]
        found = self.diff(before, [cell("nginx", "gnutls", "renew")], status=0)
        self.assertEqual([change["change"] for change in found["cells"]], ["fixed", "disappeared"])
        self.assertEqual([(change["before"], change["now"]) for change in found["findings"]], [(1, 0)])

    def test_two_builds_of_one_run(self):
        where = write(self.folder / "builds", [cell("nginx", "openssl=3.0.19", "renew"), failing("nginx", "openssl=3.5.9", "renew"),
                                               failing("nginx", "gnutls", "renew")])
        found = json.loads(self.says("diff", where, "--client", "openssl=3.0.19", "--against", "openssl=3.5.9", "--json", status=1))
        self.assertEqual(self.changes(found), {"nginx/openssl=3.5.9/renew@1.2": ("new failure", True)})
        self.assertEqual(found["cells"][0]["before"], "nginx/openssl=3.0.19/renew@1.2")
        self.says("diff", where, "--client", "openssl=3.5.9", "--against", "openssl=3.0.19", status=0)
        self.assertIn("no client", self.says("diff", where, "--client", "opnssl", "--against", "gnutls", status=2))
        self.assertIn("--against", self.says("diff", where, status=2))

    def test_builds_of_two_runs_find_each_other(self):
        found = self.diff([cell("nginx", "openssl=3.0.19", "renew")], [failing("nginx", "openssl=3.5.9", "renew")], status=1)
        self.assertEqual(self.changes(found), {"nginx/openssl=3.5.9/renew@1.2": ("new failure", True)})

    def test_versions_that_changed(self):
        old = write(self.folder / "old", [cell("nginx", "gnutls", "renew")], versions={"gnutls": "GnuTLS 3.7.9"})
        new = write(self.folder / "new", [cell("nginx", "gnutls", "renew")], versions={"gnutls": "GnuTLS 3.8.9"})
        self.assertIn("client gnutls: GnuTLS 3.7.9 -> GnuTLS 3.8.9", self.says("diff", old, new))
        self.assertIn("- client gnutls: GnuTLS 3.7.9 -&gt; GnuTLS 3.8.9", self.says("diff", old, new, "--markdown"))


class Trends(ResultsTest):
    def test_findings_come_and_go_and_cells_change(self):
        runs = [write(self.folder / str(i), cells, run_id=f"r{i}") for i, cells in enumerate([
            [cell("nginx", "gnutls", "renew"), cell("nginx", "gnutls", "young")],
            [failing("nginx", "gnutls", "renew"), cell("nginx", "gnutls", "young")],
            [cell("nginx", "gnutls", "renew"), cell("nginx", "gnutls", "young")]])]
        for i, run in enumerate(runs):
            file = run / "results.json"
            file.write_text(file.read_text().replace("2026-01-01T00:00", f"2026-01-0{i + 1}T00:00"))
        seen = json.loads(self.says("trend", *reversed(runs), "--json"))
        self.assertEqual([run["id"] for run in seen["runs"]], ["r0", "r1", "r2"])
        self.assertEqual([finding["cells"] for finding in seen["findings"]], [[0, 1, 0]])
        self.assertEqual({each["id"]: (each["verdicts"], each["changes"]) for each in seen["cells"]},
                         {"nginx/gnutls/renew@1.2": ("pfp", 2), "nginx/gnutls/young@1.2": ("ppp", 0)})
        text = self.says("trend", *runs)
        self.assertIn("came in run 2, gone since run 3; in 1 of 3 runs", text)
        self.assertIn("1 of 2 cells ended always the same", text)


class Histories(ResultsTest):
    def test_versions_of_a_client_side_by_side(self):
        old = write(self.folder / "old", [cell("nginx", "gnutls=3.7.9", "renew")], versions={"gnutls=3.7.9": "GnuTLS 3.7.9"})
        new = write(self.folder / "new", [failing("nginx", "gnutls=3.8.9", "renew")], versions={"gnutls=3.8.9": "GnuTLS 3.8.9"})
        self.assertIn("broken between 3.7.9 and 3.8.9", self.says("history", new, old))
        self.assertIn("| broken between 3.7.9 and 3.8.9", self.says("history", new, old, "--markdown"))
        seen = json.loads(self.says("history", old, new, "--json", "--client", "gnutls*"))
        self.assertEqual(seen["histories"][0]["versions"], ["3.7.9", "3.8.9"])
        self.assertIn("no cell", self.says("history", old, "--client", "nss", status=2))


class KnownIssues(ResultsTest):
    def setUp(self):
        super().setUp()
        self.known = self.folder / "known.json"
        self.known.write_text('[\n  // kept as it is\n  { "client": "nss", "rule": "expect-offered", "link": "L" }\n]\n')

    def add(self, where, *args, status=0):
        return self.says("known", "add", *args, "--results", where, "--known", self.known, status=status)

    def check(self, where, status):
        return self.says("known", "check", "--results", where, "--known", self.known, status=status)

    def test_add_writes_an_entry_for_the_cell_and_leaves_the_rest(self):
        where = write(self.folder / "made", [failing("nginx", "gnutls", "renew"), failing("nginx", "gnutls", "chain", "1.1"),
                                             cell("nginx", "gnutls", "young")], versions={"gnutls": "GnuTLS 3.7.9"})
        self.add(where, "nginx/gnutls/renew@1.2", "--link", "https://example.org/1", "--note", 'It "forgets"')
        text = self.known.read_text()
        self.assertIn("// kept as it is", text)
        entries = json.loads(text.replace("// kept as it is", ""))
        self.assertEqual(entries[1], {"client": "gnutls", "scenario": ["renew"], "rule": "expect-offered", "tls": ["1.2"],
                                      "client_versions": "<=3.7.9", "link": "https://example.org/1", "note": 'It "forgets"'})
        self.add(where, "nginx/gnutls/chain@1.1", "--link", "L", "--finding")
        entries = json.loads(self.known.read_text().replace("// kept as it is", ""))
        self.assertEqual(entries[2]["scenario"], ["chain", "renew"])
        self.assertIn("did not fail", self.add(where, "nginx/gnutls/young@1.2", "--link", "L", status=2))
        self.assertIn("did you mean", self.add(where, "nginx/gnutls/yuong@1.2", "--link", "L", status=2))

    def test_check_tells_what_does_not_fit(self):
        where = write(self.folder / "made", [failing("nginx", "gnutls", "renew"), cell("nginx", "gnutls", "young"),
                                             cell("nginx", "openssl", "renew")], versions={"gnutls": "GnuTLS 3.8.9"})
        entries = [("never matched", {"client": "nss"}), ("expired", {"client": "gnutls", "client_versions": "<3.8"}),
                   ("stale", {"client": "openssl"}), ("too wide", {"client": "gnutls"})]
        self.known.write_text(json.dumps([each | {"rule": "expect-offered", "link": kind} for kind, each in entries] +
                                         [{"client": "gnutls", "scenario": "renew", "rule": "expect-offered", "link": "fits"}]))
        said = self.check(where, status=1)
        for kind, _ in entries:
            self.assertRegex(said, rf"(?m)^{kind}: .*\({kind}\)")
        self.assertNotIn("(fits)", said)
        self.known.write_text('[{"client": "gnutls", "scenario": "renew", "rule": "expect-offered", "link": "fits"}]')
        self.assertIn("1 of 1 known issue fit", self.check(where, status=0))


if __name__ == "__main__":
    unittest.main()
