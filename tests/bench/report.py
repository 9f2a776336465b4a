#!/usr/bin/env python3
"""Runs the harness, its bare floor and the naive way, and prints what they cost beside what was promised.

CPU seconds say more than wall seconds when the machine has other work: the table gives both. Needs /proc.
"""
import argparse
import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from measure import Cost, measure

ROOT = Path(__file__).resolve().parent.parent.parent
CORES = os.cpu_count()
JOBS = 3 * CORES  # as many as the harness takes
# What a thousand cells are: the timelines of the report that this project began with, two to six connections each.
SEED = ["renew", "young", "expired", "chain", "old-after-renewal"]
# The cells that the floor can do bare: three connections each, by libssl against servers of libssl.
BARE = ["--client", "openssl", "--server", "nginx", "--server", "openssl", "--scenario", "renew"]


class Table:
    """`busy`: the machine has other work, so targets of wall time are printed but not judged."""

    def __init__(self, busy):
        self.busy = busy
        self.missed = []

    def title(self, text):
        print(f"\n{text}\n" + "-" * len(text), flush=True)

    def row(self, what, measured, target="", well=None, wall=False):
        if wall and self.busy:
            well = None
            target += " (busy: not judged)"
        verdict = "" if well is None else "ok" if well else "MISSED"
        print(f"  {what:<58} {measured:>14}   {target:<22} {verdict}", flush=True)
        if well is False:
            self.missed.append(what)


@dataclass
class Run:
    """A run of the harness: the cells that ran, repetitions counted, and what they cost."""
    cells: int
    errors: int
    cost: Cost

    def each(self, seconds):
        return seconds / self.cells * 1e3


class Harness:
    def __init__(self, build, folder):
        self.program = (build / "bin" / "ticket-interop").resolve()
        self.folder = folder

    def run(self, arguments, repeat=1, fresh=False, split=False):
        out = self.folder / "out"
        argv = [self.program, "run", "--quiet", "--keep", "none", "--out", out, "--repeat", repeat, *arguments]
        cost = measure(argv + ["--fresh"] * fresh, servers=ROOT / "build" / "servers", split=split,
                       stdout=self.folder / "console", temp=self.folder)
        if cost.status not in (0, 1, 3):
            sys.exit(f"report: {' '.join(map(str, argv))} failed:\n" + (self.folder / "console").read_text())
        totals = json.loads((out / "results.json").read_text())["totals"]
        shutil.rmtree(out)
        ran = sum(count for verdict, count in totals.items() if verdict != "unsupported")
        return Run(ran * repeat, totals["error"], cost)

    def part(self, clients, cells):
        """About so many cells (all of them: None) of these clients (None: of all), as arguments and in words: every n-th
        scenario, with all servers and versions, so that as many cells want the same server as in the whole matrix."""
        listed = subprocess.run([self.program, "list", "cells", "--json"], check=True, capture_output=True, text=True)
        ready = Counter()
        for cell in json.loads(listed.stdout):
            _, client, scenario = cell["id"].split("@")[0].split("/")
            if cell["state"] == "ready" and (clients is None or client in clients):
                ready[scenario] += 1
        step = max(1, round(ready.total() / cells)) if cells else 1
        chosen = sorted(ready)[::step]
        arguments = [word for name in clients or () for word in ("--client", name)]
        arguments += [word for name in chosen for word in ("--scenario", name)] if step > 1 else []
        return arguments, f"{len(chosen)} of {len(ready)} scenarios, of {ready.total()} cells in all"

    def commands(self):
        """The bare cells' commands, by server and version: folder with what the server needs, argv."""
        argv = [self.program, "run", "--dry-run", "--out", self.folder / "bare", *BARE]
        subprocess.run(argv, check=True, capture_output=True)
        for script in sorted((self.folder / "bare").glob("*_openssl_renew@*/server.sh")):
            server, _, rest = script.parent.name.split("_", 2)
            words = shlex.split(script.read_text().splitlines()[-1])[2:]  # exec env NAME=VALUE... argv
            while "=" in words[0]:
                words.pop(0)
            argv = [str(script.parent / word) if word == "s.sock" else word for word in words]
            yield server, rest.split("@")[1], script.parent, " ".join(argv)


def without_comments(text):
    return re.sub(r"(^|[\s,\[{])//.*$", r"\1", text, flags=re.M)


def compiled_clients():
    """The clients in C and C++: those that CMake builds."""
    names = []
    for lists in sorted(ROOT.glob("clients/*/CMakeLists.txt")):
        manifest = lists.with_name("client.json")
        if manifest.exists():
            names += json.loads(without_comments(manifest.read_text()))["clients"]
    return names


def prepare_floor(harness, folder):
    """A folder for each bare server, with the very command and files that the harness gives it."""
    for server, tls, made, argv in harness.commands():
        place = folder / f"{server}-{tls}"
        shutil.copytree(made, place)

        def moved(text):
            return text.replace("unix:s.sock", f"unix:{place}/s.sock").replace(str(made), str(place))

        for file in place.iterdir():
            file.write_text(moved(file.read_text()))
        ready = json.loads(without_comments((ROOT / "servers" / server / "server.json").read_text()))["ready"]
        for name, text in {"argv": "\n".join(moved(argv).split(" ")), "ready": ready, "socket": str(place / "s.sock"),
                           "tls": tls, "ca": str(harness.folder / "bare" / "credentials" / "ca.pem")}.items():
            (place / name).write_text(text + "\n")


def run_floor(build, folders, cells, libfaketime):
    """All folders at once. Gives CPU milliseconds a cell by who spent them, and the cells a second of them together."""
    def one(folder):
        argv = [build / "tests" / "bench" / "floor", folder, str(cells // len(folders))] + [libfaketime] * bool(libfaketime)
        return json.loads(subprocess.run(argv, check=True, stdout=subprocess.PIPE).stdout)

    with ThreadPoolExecutor(len(folders)) as pool:
        results = list(pool.map(one, folders))
    done = sum(result["cells"] for result in results)
    each = {who: sum(result[f"{who}_s"] for result in results) / done * 1e3 for who in ("servers", "clients", "starter")}
    return each, done / max(result["wall_s"] for result in results)


def find_libfaketime():
    for root in ("/usr/lib", "/usr/local/lib", "/usr/lib64"):
        for found in Path(root).glob("**/faketime/libfaketime.so.1"):
            return str(found)
    sys.exit("report: the virtual clock needs libfaketime (apt-get install libfaketime)")


def show(table, name, run, *, floor=None, fresh=False):
    cost = run.cost
    cpu = run.each(cost.cpu)
    table.row(f"{name}: cells", f"{run.cells}" + (f" ({run.errors} err)" if run.errors else ""))
    table.row(f"{name}: cells a second", f"{run.cells / cost.wall:.1f}")
    table.row(f"{name}: CPU a cell", f"{cpu:.2f} ms")
    if floor:
        table.row(f"{name}: CPU / floor's CPU", f"{cpu / floor:.2f}", "<= 1.5", cpu / floor <= 1.5)
    orchestrator = run.each(cost.orchestrator)
    share = cost.orchestrator / cost.cpu
    table.row(f"{name}: orchestrator, CPU a cell", f"{orchestrator:.2f} ms", "< 2 ms", orchestrator < 2)
    table.row(f"{name}: orchestrator, share of all CPU", f"{share:.1%}", "< 10 %" if fresh else "",
              share < 0.1 if fresh else None)
    table.row(f"{name}: wall / (children's CPU / cores)", f"{cost.wall / (cost.children / CORES):.2f}")
    idle = cost.wall / (cost.cpu / CORES)
    table.row(f"{name}: wall / (all CPU / cores)", f"{idle:.2f}", "< 1.15", idle < 1.15, wall=True)
    table.row(f"{name}: orchestrator, peak memory", f"{cost.peak / 2**20:.1f} MiB")


def show_split(table, name, run):
    cost = run.cost
    table.row(f"{name}: CPU a cell, servers", f"{run.each(cost.servers):.2f} ms")
    table.row(f"{name}: CPU a cell, clients", f"{run.each(cost.clients):.2f} ms", f"({cost.seen:.0%} watched)")


def thousand(table, name, run):
    seconds = run.cost.wall / run.cells * 1000
    table.row(f"{name}: 1,000 cells", f"{seconds:.1f} s", "< 10 s, then 4 s", seconds < 10, wall=True)


def growth(table, harness, most):
    """As many cells as are asked for, none like another, and all of the same cost: copies of one scenario."""
    table.title("Growth: copies of the bare cells' scenario, each under a name of its own, warm")
    scenario = ROOT / "scenarios" / "renewal" / "renew.json"
    runs = {}
    for cells in (100, 1000, 10000):
        if cells > most:
            break
        scenarios = harness.folder / "scenarios"
        scenarios.mkdir()
        for i in range(cells // 8):
            shutil.copy(scenario, scenarios / f"renew-{i:04}.json")
        run = runs[cells] = harness.run([*BARE[:-2], "--scenarios", scenarios])
        shutil.rmtree(scenarios)
        small = run.cost.peak < 100 * 2**20
        table.row(f"{run.cells} cells: wall a cell", f"{run.each(run.cost.wall):.2f} ms")
        table.row(f"{run.cells} cells: CPU a cell", f"{run.each(run.cost.cpu):.2f} ms")
        table.row(f"{run.cells} cells: orchestrator, CPU a cell", f"{run.each(run.cost.orchestrator):.2f} ms")
        table.row(f"{run.cells} cells: orchestrator, peak memory", f"{run.cost.peak / 2**20:.1f} MiB", "< 100 MiB", small)
    if 10000 in runs:
        for what, wall in (("CPU", False), ("wall", True)):
            few, many = (run.each(run.cost.wall if wall else run.cost.cpu) for run in (runs[1000], runs[10000]))
            table.row(f"{what} a cell at 10,000 against 1,000", f"{many / few - 1:+.1%}", "within +10 %", many / few < 1.1,
                      wall=wall)


def main():
    parser = argparse.ArgumentParser(prog="run_matrix.sh --bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="the CMake build folder to measure")
    parser.add_argument("--cells", type=int, default=1000, help="cells of each measured run (default 1000)")
    parser.add_argument("--most", type=int, default=10000, help="the last step of the growth: 100, 1000 or 10000")
    parser.add_argument("--whole", action="store_true", help="all scenarios, not as many as make --cells")
    parser.add_argument("--only", choices=["floor", "compiled", "whole", "growth", "naive"], action="append",
                        help="only this part; may be given again")
    options = parser.parse_args()
    wanted = set(options.only or ["floor", "compiled", "whole", "growth", "naive"])
    options.build = options.build.resolve()

    load = os.getloadavg()[0]
    table = Table(busy=load > 1)
    print(f"{CORES} cores, load {load:.1f} before the first run" +
          (": walls are those of a busy machine, judge by CPU" if table.busy else ""))
    shm = Path("/dev/shm")
    with contextlib.ExitStack() as stack:
        home = shm if os.access(shm, os.W_OK) else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ticket-bench-", dir=home)))
        harness = Harness(options.build, folder)

        if "floor" in wanted:
            table.title("Three connections by libssl to nginx and s_server: the floor, and the harness on the same cells")
            folders = [folder / f"floor{i}" for i in range(JOBS)]
            for place in folders:
                prepare_floor(harness, place)
            floors = {}
            for name, library in (("floor, true clock", None), ("floor, libfaketime", find_libfaketime())):
                each, rate = run_floor(options.build, folders, options.cells, library)
                floors[name] = sum(each.values())
                table.row(f"{name}: cells a second", f"{rate:.1f}")
                table.row(f"{name}: CPU a cell", f"{floors[name]:.2f} ms")
                for who, spent in each.items():
                    table.row(f"{name}: CPU a cell, {who}", f"{spent:.2f} ms")
            repeat = max(1, options.cells // 8)
            fresh = harness.run(BARE, repeat=repeat, fresh=True)
            show(table, "fresh", fresh, floor=floors["floor, libfaketime"], fresh=True)
            show_split(table, "fresh", harness.run(BARE, repeat=max(1, repeat // 4), fresh=True, split=True))
            warm = harness.run(BARE, repeat=repeat)
            show(table, "warm", warm)
            thousand(table, "warm", warm)
            show_split(table, "warm", harness.run(BARE, repeat=max(1, repeat // 4), split=True))

        if "compiled" in wanted:
            clients = compiled_clients()
            timelines = [word for name in clients for word in ("--client", name)]
            timelines += [word for name in SEED for word in ("--scenario", name)]
            arguments, words = harness.part(clients, None if options.whole else options.cells)
            for part, what in ((timelines, f"the seed's timelines ({', '.join(SEED)})"), (arguments, words)):
                table.title(f"(a) all {len(clients)} clients in C and C++: {what}")
                for name, fresh in (("fresh", True), ("warm", False)):
                    run = harness.run(part, fresh=fresh)
                    show(table, name, run, fresh=fresh)
                    if not fresh:
                        thousand(table, name, run)
                    show_split(table, name, harness.run(part, fresh=fresh, split=True))

        if "whole" in wanted:
            arguments, words = harness.part(None, None if options.whole else options.cells)
            table.title(f"(b) all clients that are set up: {words}")
            show(table, "warm", harness.run(arguments))
            show_split(table, "warm", harness.run(arguments, split=True))

        if "growth" in wanted:
            growth(table, harness, options.most)

        if "naive" in wanted:
            table.title("The naive way: one cell by a shell script with s_server and s_client, one after the other")
            script = [ROOT / "tests" / "bench" / "naive.sh", ROOT / "build" / "servers" / "openssl" / "openssl"]
            seconds = float(subprocess.run(script, check=True, stdout=subprocess.PIPE, text=True).stdout)
            table.row("one cell", f"{seconds:.1f} s")
            table.row("1,000 cells, extrapolated", f"{seconds * 1000 / 3600:.1f} h")

    if table.missed:
        print(f"\n{len(table.missed)} targets missed:\n  " + "\n  ".join(table.missed))
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
