"""What a run of the harness costs: wall, CPU by who spent it, and the harness's own memory, seen from outside."""
import os
import resource
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Cost:
    """Seconds, and bytes. `servers` and `clients` are only known when the run was watched."""
    wall: float = 0.0
    orchestrator: float = 0.0  # the harness's own process, and the guardian that it forks
    children: float = 0.0      # all that it started
    peak: int = 0              # of the harness's own memory
    status: int = 0
    servers: float = 0.0
    clients: float = 0.0
    seen: float = field(default=0.0)  # of the children's CPU, the part that the watcher saw: the rest is shared out alike

    @property
    def cpu(self):
        return self.orchestrator + self.children


def cpu_clock(pid):
    """The process's CPU clock, of all its threads, for time.clock_gettime (clock_getcpuclockid(3))."""
    return (~pid << 3) | 2


def cpu_of(pid):
    try:
        return time.clock_gettime(cpu_clock(pid))
    except OSError:
        return None


def children_of(pid):
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def peak_of(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class Watcher(threading.Thread):
    """Looks at the harness's children every few milliseconds, and at its memory."""

    def __init__(self, pid, servers, split):
        super().__init__()
        self.pid = pid
        self.servers = str(servers)
        self.split = split
        self.peak = 0
        self.last = {}  # pid -> (kind, CPU seconds)
        self.over = threading.Event()

    def kind(self, pid):
        try:
            program = os.readlink(f"/proc/{pid}/exe")
            if program == os.readlink(f"/proc/{self.pid}/exe"):
                guardian = Path(f"/proc/{pid}/comm").read_text().strip() == "ti-guardian"
                return "guardian" if guardian else None
            return "server" if program.startswith(self.servers) else "client"
        except OSError:
            return None

    def look(self):
        for pid in children_of(self.pid):
            known = self.last.get(pid)
            kind = known[0] if known else self.kind(pid)
            spent = cpu_of(pid)
            if not kind or spent is None:
                continue
            if known and spent < known[1]:  # the number of one that is gone, given anew
                self.last[(pid, len(self.last))] = known
                kind = self.kind(pid)
            self.last[pid] = (kind, spent)

    def run(self):
        pause = 0.003 if self.split else 0.05
        while not self.over.wait(pause):
            self.peak = max(self.peak, peak_of(self.pid))
            if self.split:
                self.look()

    def sum(self, kind):
        return sum(spent for k, spent in self.last.values() if k == kind)


def measure(argv, *, cwd=None, servers="/", split=False, stdout=None, temp=None):
    """Runs argv to its end, its temporary files in `temp`. `split` watches its children closely enough to tell servers from clients, which costs some
    CPU itself: its wall time says little."""
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            out = os.open(stdout or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(out, 1)
            os.dup2(out, 2)
            if temp:
                os.environ["TMPDIR"] = str(temp)
            if cwd:
                os.chdir(cwd)
            os.execv(argv[0], [str(arg) for arg in argv])
        finally:
            os._exit(127)
    watcher = Watcher(pid, servers, split)
    watcher.start()
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # it has ended, and its account can still be read
    cost = Cost(wall=time.monotonic() - began)
    watcher.over.set()
    watcher.join()
    cost.orchestrator = cpu_of(pid)
    _, status, used = os.wait4(pid, 0)
    cost.status = os.waitstatus_to_exitcode(status)
    cost.children = used.ru_utime + used.ru_stime - cost.orchestrator
    cost.peak = watcher.peak
    guardian = watcher.sum("guardian")
    cost.orchestrator += guardian
    cost.children -= guardian
    servers_seen, clients_seen = watcher.sum("server"), watcher.sum("client")
    seen = servers_seen + clients_seen
    if split and seen > 0 and cost.children > 0:
        cost.seen = min(1.0, seen / cost.children)
        cost.servers = cost.children * servers_seen / seen
        cost.clients = cost.children * clients_seen / seen
    return cost
