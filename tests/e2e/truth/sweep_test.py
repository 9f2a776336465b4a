#!/usr/bin/env python3
"""sweep_test.py PROGRAM [--slice I/N] [--peer NAME]... [--tls V]... [--nightly] [GLOB...]: the truths of sweep.py.

Of all, or of every N-th from the I-th on, and of those whose id matches a GLOB; against all healthy peers, or those named.
README.md is its manual.
"""

import argparse
import fnmatch
import os
import random
import sys

import sweep
import truths as truth


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("program")
    parser.add_argument("globs", nargs="*", default=["*"])
    parser.add_argument("--slice", default="1/1")
    parser.add_argument("--peer", action="append")
    parser.add_argument("--tls", action="append")
    parser.add_argument("--nightly", action="store_true", help="only if TI_NIGHTLY is set; else it exits 77")
    return parser.parse_intermixed_args()


def chosen(told):
    """Rows in a fixed random order, so that each slice has something of everything."""
    part, of = (int(each) for each in told.slice.split("/"))
    rows = sweep.rows()
    random.Random(10).shuffle(rows)
    for row in rows[part - 1::of]:
        tls = [each for each in row["tls"] if not told.tls or each in told.tls]
        side = "clients" if "clients" in row else "servers"
        peers = [each for each in row[side] if not told.peer or each in told.peer]
        if tls and peers and any(fnmatch.fnmatch(row["id"], glob) for glob in told.globs):
            yield {**row, "tls": tls, side: peers}


def main():
    told = arguments()
    if told.nightly and not os.environ.get("TI_NIGHTLY"):
        print("skipped: set TI_NIGHTLY=1 to run it")
        sys.exit(77)
    truths = truth.truths_of(chosen(told))
    tally = truth.Tally(truths)
    for cell in truth.cells_of(told.program, truths):
        tally.take(cell)
    print(tally.sum())
    sys.exit(not tally.passes())


main()
