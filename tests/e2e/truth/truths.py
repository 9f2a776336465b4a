"""Truths: what must be said of cells whose peers misbehave by a script. README.md is the manual."""

import fnmatch
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TIMELINES = HERE / "timelines.json"


def without_comments(path):
    lines = path.read_text().splitlines()
    return json.loads("\n".join("" if line.lstrip().startswith("//") else line for line in lines))


def filled(value, words):
    """The value with each $WORD in its strings replaced; one that is a $WORD and nothing else becomes what it stands for."""
    if isinstance(value, dict):
        return {filled(name, words): filled(each, words) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, words) for each in value]
    if not isinstance(value, str):
        return value
    if value[1:] in words and value[0] == "$":
        return words[value[1:]]
    return re.sub(r"\$(\w+)", lambda found: str(words.get(found[1], found[0])), value)


class Truth:
    """One line of the table for one set of its words. `verdicts` are what may be said: [verdict, fault]."""

    def __init__(self, row, words):
        row = filled({name: value for name, value in row.items() if name != "with"}, words)
        named = [str(words[name]) for name in row.get("id_of", ())]
        self.id = re.sub(r"[^\w.-]", "-", ".".join([row["id"], *named]))
        self.row = row
        self.why, self.rule, self.reason = row["why"], row.get("rule", "*"), row.get("reason", "*")
        allowed = row["verdict"] if isinstance(row["verdict"], list) else [row["verdict"]]
        self.verdicts = [each.split() for each in allowed]

    def pairs(self):
        """(server, client) of its cells."""
        servers = ["scripted"] if "server_script" in self.row else self.row.get("servers", ["openssl"])
        clients = ["scripted"] if "client_script" in self.row else self.row.get("clients", ["openssl", "boringssl"])
        return itertools.product(servers, clients)

    def versions(self, client):
        """At which it is run with that client. Another stack is asked by default only at the last."""
        return self.row["tls"] if "clients" in self.row or client != "boringssl" else self.row["tls"][-1:]

    def write(self, folder, timelines):
        named = self.row.get("timeline", "renew")
        base = timelines[named] if isinstance(named, str) else {"policy": {}, "timeline": named}
        policy = {**base["policy"], **self.row.get("policy", {})}
        scenario = {"title": self.why, "spec": [self.row.get("spec", "see why")], "tls": self.row["tls"],
                    "policy": policy, "when": "named", "timeline": base["timeline"]}
        for side in ("server", "client"):
            if side + "_script" in self.row:
                script = f"{self.id}.{side}.script"
                (folder / script).write_text(json.dumps(self.row[side + "_script"]))
                scenario.update({"client_script": script} if side == "client" else {})
                policy.update({"script": script} if side == "server" else {})
        for field in ("ciphers", "requires"):
            if field in self.row:
                scenario[field] = self.row[field]
        (folder / f"{self.id}.json").write_text(json.dumps(scenario, indent=1))

    def right(self, cell):
        said = [cell["verdict"]] + ([cell["fault"]] if cell["fault"] else [])
        return (said in self.verdicts and (not cell["rule"] or fnmatch.fnmatch(cell["rule"], self.rule)) and
                fnmatch.fnmatch(cell["reason"] or "", self.reason))

    def wanted(self):
        return " or ".join(" ".join(each) for each in self.verdicts)


def table():
    """The rows of table/."""
    return [row for path in sorted((HERE / "table").glob("*.json")) for row in without_comments(path)]


def truths_of(rows):
    """{id: truth}, a row with words standing for several."""
    truths = []
    for row in rows:
        for words in row.get("with", [{}]):
            truths.append(Truth({"id_of": list(words), **row} if words else row, words))
    ids = [truth.id for truth in truths]
    twice = {each for each in ids if ids.count(each) > 1}
    if twice:
        sys.exit(f"truths of the same id: {twice}")
    return {truth.id: truth for truth in truths}


def ran(program, pair, truths, folder, out):
    """Cells of one pair. What an earlier run left in `out` is removed."""
    shutil.rmtree(out, ignore_errors=True)
    server, client = pair
    argv = [program, "run", "--scenarios", str(folder), "--server", server, "--client", client, "--out", str(out),
            "--keep", os.environ.get("TRUTH_KEEP", "none"), "--quiet", "-j", os.environ.get("TRUTH_JOBS", str(os.cpu_count()))]
    for truth in truths:
        argv += ["--scenario", truth.id]
        argv += [f"--skip=*/{truth.id}@{tls}" for tls in truth.row["tls"] if tls not in truth.versions(client)]
    ended = subprocess.run(argv, capture_output=True, text=True)
    results = out / "results.json"
    if not results.exists():
        sys.exit(f"{' '.join(argv[:8])} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return json.loads(results.read_text())["cells"]


def cells_of(program, truths):
    """The cells of all truths, pair by pair. TRUTH_OUT keeps scenarios and results."""
    by_pair = {}
    for truth in truths.values():
        for pair in truth.pairs():
            by_pair.setdefault(pair, []).append(truth)
    timelines = without_comments(TIMELINES)
    with tempfile.TemporaryDirectory(prefix="ti-truth-") as scratch:
        folder = pathlib.Path(os.environ.get("TRUTH_OUT", scratch))
        (folder / "scenarios").mkdir(parents=True, exist_ok=True)
        for truth in truths.values():
            truth.write(folder / "scenarios", timelines)
        for pair, chosen in sorted(by_pair.items()):
            yield from ran(program, pair, chosen, folder / "scenarios", folder / "-".join(pair))


class Tally:
    """How many verdicts are right."""

    def __init__(self, truths):
        self.truths, self.right, self.wrong = truths, 0, 0

    def take(self, cell):
        truth = self.truths[cell["scenario"]]
        if truth.right(cell):
            self.right += 1
            return
        self.wrong += 1
        print(f"wrong: {cell['id']}\n  truth: {truth.wanted()}: {truth.why}\n"
              f"  said:  {cell['verdict']} {cell['fault'] or ''} {cell['rule'] or ''}: {(cell['reason'] or '')[:300]}",
              flush=True)

    def sum(self):
        return f"{self.right} of {self.right + self.wrong} right ({len(self.truths)} truths)"

    def passes(self):
        return self.right > 0 and self.wrong == 0
