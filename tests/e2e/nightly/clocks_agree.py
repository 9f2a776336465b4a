#!/usr/bin/env python3
"""Both clocks give the same verdicts: runs a matrix in true seconds, then under the virtual clock, and compares.

usage: clocks_agree.py TICKET_INTEROP [ARGS of a run]

Takes as long as the longest timeline and what the CPU needs, so it runs only when TI_NIGHTLY is set (else it exits 77,
which ctest shows as skipped)."""
import json
import os
import subprocess
import sys
import tempfile


def verdicts(binary, clock, out, arguments):
    run = subprocess.run([binary, "run", "--clock", clock, "--keep", "none", "--quiet", "--out", out] + arguments,
                         stdout=subprocess.DEVNULL)
    if run.returncode not in (0, 1):
        sys.exit(f"the run under the {clock} clock ended with {run.returncode}")
    with open(os.path.join(out, "results.json")) as file:
        cells = json.load(file)["cells"]
    return {cell["id"]: (cell["verdict"], cell["fault"], cell["rule"], cell["reason"]) for cell in cells}


def main():
    if not os.environ.get("TI_NIGHTLY"):
        print("skipped: set TI_NIGHTLY=1 to run it")
        return 77
    binary, arguments = sys.argv[1], sys.argv[2:]
    with tempfile.TemporaryDirectory() as folder:
        real = verdicts(binary, "real", os.path.join(folder, "real"), arguments)
        virtual = verdicts(binary, "virtual", os.path.join(folder, "virtual"), arguments)
    wrong = 0
    for cell, want in sorted(virtual.items()):
        got = real.get(cell)
        if got is None or got[0] == "unsupported" and "only for the virtual clock" in got[3]:
            continue
        if got[:3] != want[:3]:
            wrong += 1
            print(f"{cell}: virtual {want}, real {got}")
    print(f"{len(virtual)} cells compared, {wrong} differ")
    return 1 if wrong or not virtual else 0


if __name__ == "__main__":
    sys.exit(main())
