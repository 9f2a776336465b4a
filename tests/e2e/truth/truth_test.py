#!/usr/bin/env python3
"""truth_test.py PROGRAM [GLOB...]: peers whose misbehaviour is known by construction, and what must be said of each.

Runs the truths of table/ (those whose id matches a GLOB, if any is given) and prints how many verdicts are right, and each
that is wrong with what was said. README.md is its manual.
"""

import fnmatch
import sys

import truths as truth


def main():
    program, globs = sys.argv[1], sys.argv[2:] or ["*"]
    truths = {name: each for name, each in truth.truths_of(truth.table()).items()
              if any(fnmatch.fnmatch(name, glob) for glob in globs)}
    tally = truth.Tally(truths)
    for cell in truth.cells_of(program, truths):
        tally.take(cell)
    print(tally.sum())
    sys.exit(not tally.passes())


main()
