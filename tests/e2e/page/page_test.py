#!/usr/bin/env python3
"""page_test.py TICKET_INTEROP: the page of a run, in a real browser (page.mjs), of true results and of hostile ones.

The browser is Debian's chromium-headless-shell or chromium. Playwright and axe are taken from TI_PAGE_TOOLS, or from
build/page-tools, where npm puts them as it is told when they are missing. What is not there is told, and
the test ends with 77. TI_PAGE_PICTURES names a folder that keeps the screenshots.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/component"))

from results_maker import cell, failing, write  # noqa: E402

HOSTILE = "</script><img src=x onerror=pwned=1>\n\x1b[31m../../etc\"'`"


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def needed():
    browser = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium"))), None)
    tools = pathlib.Path(os.environ.get("TI_PAGE_TOOLS", ROOT / "build/page-tools"))
    if not browser:
        skip("no browser: install chromium-headless-shell")
    if not shutil.which("node"):
        skip("no node: install nodejs")
    for package in "playwright-core", "axe-core":
        if not (tools / "node_modules" / package).is_dir():
            skip(f"no {package}: npm install --prefix build/page-tools {' '.join(packages())}")
    if not (ROOT / "build/servers/openssl/openssl").exists():
        skip("the servers are not built")
    return browser, tools


def packages():
    wanted = json.loads((ROOT / "tests/e2e/page/package.json").read_text())["dependencies"]
    return [f"{name}@{version}" for name, version in wanted.items()]


def true_run(program, folder):
    ended = subprocess.run([program, "run", "--server", "openssl", "--server", "openssl-double-ticket", "--client", "openssl",
                            "--client", "gnutls", "--scenario", "renew*", "--tls", "1.2", "--tls", "1.3", "--quiet",
                            "--out", folder, "--report", f"html={folder}"], capture_output=True, text=True)
    assert ended.returncode in (0, 1), ended.stderr
    return folder


def hostile_run(program, folder):
    cells = [failing("nginx", "gnutls", "renew", reason=HOSTILE, rule="rfc5077-" + HOSTILE, known=True, known_link="javascript:pwned=1",
                     expected="fail", evidence={"capture": "../../../etc/passwd", "keylog": "/etc/passwd", "trace": "a\\b", "logs": [HOSTILE]}),
             failing("nginx", "a<b>&amp;<", "renew", reason=HOSTILE), cell("nginx", "gnutls", "young")]
    write(folder, cells, run_id=HOSTILE, versions={"gnutls": HOSTILE})
    ended = subprocess.run([program, "report", folder, "--format", "html"], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return folder


def main():
    program = sys.argv[1]
    browser, tools = needed()
    with tempfile.TemporaryDirectory(prefix="ti-page-") as scratch:
        folder = pathlib.Path(scratch)
        pictures = pathlib.Path(os.environ.get("TI_PAGE_PICTURES", folder / "pictures"))
        pictures.mkdir(parents=True, exist_ok=True)
        ended = subprocess.run(["node", ROOT / "tests/e2e/page/page.mjs", browser, tools, true_run(program, folder / "true"),
                                hostile_run(program, folder / "hostile"), pictures])
        return ended.returncode


if __name__ == "__main__":
    sys.exit(main())
