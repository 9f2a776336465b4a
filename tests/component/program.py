"""The program as a person or a CI job runs it: started, watched and stopped from outside."""

import ctypes
import json
import os
import pathlib
import select
import subprocess
import tempfile
import unittest
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["TI_PROGRAM"]
HANGS_AFTER = 120  # seconds; only a hang reaches it


def ticket_interop(*args, **env):
    """Runs the program to its end; stdout, stderr and returncode are in the result."""
    return subprocess.run([PROGRAM, *map(str, args)], capture_output=True, text=True, timeout=HANGS_AFTER,
                          env={**os.environ, **env})


def cells(folder):
    """Id -> (verdict, fault, rule) of what has ended: by results.json, or else by every complete line of cells.jsonl, of
    which one that does not parse is an error."""
    if (pathlib.Path(folder) / "results.json").exists():
        ended = results(folder)["cells"]
    else:
        ended = map(json.loads, (pathlib.Path(folder) / "cells.jsonl").read_text().split("\n")[:-1])
    return {cell["id"]: (cell["verdict"], cell["fault"], cell["rule"]) for cell in ended}


def kill_after_the_fact(folder, ended):
    """Leaves a folder as if its run had been killed after so many cells."""
    file = pathlib.Path(folder) / "results.json"
    lines = [json.dumps(cell) + "\n" for cell in results(folder)["cells"][:ended]]
    (pathlib.Path(folder) / "cells.jsonl").write_text("".join(lines))
    file.unlink()


def results(folder):
    return json.loads((pathlib.Path(folder) / "results.json").read_text())


class ProgramTest(unittest.TestCase):
    """Every test has a folder of its own, and the servers that a run needs."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ti-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        server = ROOT / "build/servers/openssl/openssl"
        self.assertTrue(server.exists(), "not built: servers/openssl/build.sh build/servers/openssl")

    def usage(self, *args, **env):
        """What the program says to a wrong command line."""
        ended = ticket_interop(*args, **env)
        self.assertEqual(ended.returncode, 2, ended.stderr + ended.stdout)
        return ended.stderr


class Started:
    """A run under way, all of whose processes bear a mark in their PATH, the one variable that all inherit."""

    def __init__(self, args, temp):
        self.mark = f"/nonexistent-{uuid.uuid4()}"
        self.temp = temp
        env = {"PATH": f"{os.environ['PATH']}:{self.mark}", "TMPDIR": str(temp), "HOME": str(temp)}
        self.process = subprocess.Popen([PROGRAM, *map(str, args)], env=env, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def family(self):
        """Ids of the living processes that bear the mark; a zombie has no environment left."""
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                if self.mark.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
        return found

    def end(self):
        """Waits for the program; gives its status and what it said."""
        said, _ = self.process.communicate(timeout=HANGS_AFTER)
        return self.process.returncode, said

    def wait_for_family(self):
        """Waits until none of its processes is left, those that it left behind included."""
        while family := self.family():
            for pid in family:
                try:
                    handle = os.pidfd_open(pid)
                except ProcessLookupError:
                    continue
                gone, _, _ = select.select([handle], [], [], HANGS_AFTER)
                os.close(handle)
                if not gone:
                    command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                    raise AssertionError(f"process {pid} is still there: {command}")


class FolderWatch:
    """Wakes when a file in a folder is made, written to or put in its place (inotify)."""

    MODIFY, MOVED_TO, CREATE = 0x2, 0x80, 0x100

    def __init__(self, folder):
        libc = ctypes.CDLL(None, use_errno=True)
        self.fd = libc.inotify_init1(os.O_CLOEXEC)
        if libc.inotify_add_watch(self.fd, os.fsencode(folder), self.MODIFY | self.MOVED_TO | self.CREATE) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def wait_until(self, holds, run):
        """Waits until it holds; the run ending without that, or nothing happening, is an error."""
        alive = os.pidfd_open(run.process.pid)
        try:
            while not holds():
                ready, _, _ = select.select([self.fd, alive], [], [], HANGS_AFTER)
                if self.fd not in ready:
                    raise AssertionError(f"it did not happen; the run: {run.end() if ready else 'hangs'}")
                os.read(self.fd, 65536)
        finally:
            os.close(alive)
