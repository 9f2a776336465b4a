#!/usr/bin/env python3
"""How fast results are read: makes results of a whole run's size up and times the commands that read them.

    tests/bench/results.py [PROGRAM [CELLS]]
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/component"))

from results_maker import like_a_run, write  # noqa: E402

SHARDS = 8


def timed(what, *command):
    """Runs it three times; prints the fastest, with the CPU that it took and the most memory."""
    fastest = None
    for _ in range(3):
        began = time.monotonic()
        child = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        took = time.monotonic() - began
        assert os.waitstatus_to_exitcode(status) in (0, 1), command
        fastest = min(fastest or (took + 1,), (took, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
    print(f"{what:<28} {fastest[0]:6.2f} s  {fastest[1]:6.2f} s of CPU  {fastest[2]:6.0f} MB")


def merged(program, folders, out):
    ended = subprocess.run([program, "merge", *folders, "--out", out], capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    return out


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/bin/ticket-interop")
    cells = like_a_run(int(sys.argv[2]) if len(sys.argv) > 2 else 19035)
    with tempfile.TemporaryDirectory(prefix="ti-bench-") as scratch:
        folder = pathlib.Path(scratch)
        parts = [merged(program, [write(folder / f"old-{i}", cells[i::SHARDS])], folder / f"part-{i}") for i in range(SHARDS)]
        whole = merged(program, parts, folder / "whole")
        size = sum(file.stat().st_size for file in whole.iterdir())
        lines = max(len(line.rstrip(b",\n")) for line in open(whole / "results.json", "rb") if line.startswith(b'{"id":"') and b'"scenario":' in line)
        print(f"{len(cells)} cells: {size / 1e6:.1f} MB in {', '.join(sorted(file.name for file in whole.iterdir()))}; "
              f"the longest cell takes {lines} bytes")
        timed("show a cell", program, "show", whole, cells[1]["id"])
        timed("list cells", program, "list", "cells")
        timed("diff with itself", program, "diff", whole, whole)
        timed("report junit", program, "report", whole, "--format", "junit", "-o", folder / "junit.xml")
        timed(f"merge of {SHARDS}", "sh", "-c", 'rm -rf "$0" && exec "$@"', folder / "again", program, "merge", *parts,
              "--out", folder / "again")


if __name__ == "__main__":
    main()
