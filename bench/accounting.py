"""What a server costs: CPU time and memory of all its processes, the ended ones included.

Exact where the kernel keeps accounts for a control group (version 1 or 2, as root); else from /proc, where the
time of a process that ended between two looks is only counted if its parent waited for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Self

from tests.peers.server import living

GROUPS = Path("/sys/fs/cgroup")
TICK = os.sysconf("SC_CLK_TCK")


class Account:
    """CPU time of the processes that were started with `prefix`, in a control group of their own."""

    def __init__(self, name: str) -> None:
        self.session = 0  # the process group to look at where there are no control groups
        self.group: Path | None = None
        for place in (GROUPS / "cpuacct", GROUPS):
            folder = place / f"gatepost-bench-{os.getpid()}-{name}"
            try:
                folder.mkdir()
            except OSError:
                continue
            if (folder / "cgroup.procs").exists():
                self.group = folder
                break
            folder.rmdir()

    @property
    def exact(self) -> bool:
        """Tell whether the kernel counts, or we do."""
        return self.group is not None

    def prefix(self) -> list[str]:
        """Give the words to put before a command, so that it and all its children are counted here."""
        if self.group is None:
            return []
        return ["/bin/sh", "-c", f'echo $$ > {self.group}/cgroup.procs && exec "$@"', "sh"]

    def cpu(self) -> float:
        """Give the CPU seconds used so far."""
        if self.group is None:
            return sum(_cpu_of(pid) for pid in living(self.session)) if self.session else 0.0
        usage = self.group / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        spent = re.search(r"usage_usec (\d+)", (self.group / "cpu.stat").read_text())
        return int(spent[1]) / 1e6 if spent else 0.0

    def memory(self) -> float:
        """Give the megabytes the processes hold now, shared pages counted once (PSS)."""
        pids = (
            [int(pid) for pid in (self.group / "cgroup.procs").read_text().split()]
            if self.group is not None
            else living(self.session)
        )
        return sum(_memory_of(pid) for pid in pids) / 1024

    def close(self) -> None:
        """Remove the control group; its processes have ended."""
        if self.group is not None:
            self.group.rmdir()


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK


def _memory_of(pid: int) -> int:
    try:
        found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(found[1]) if found else 0


class Peak:
    """The most memory an account held while the context was open, looked at every tenth of a second."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.megabytes = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while True:
            self.megabytes = max(self.megabytes, self.account.memory())
            if self._over.wait(0.1):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()


def busy() -> float:
    """Give the CPU seconds this machine has spent on anything at all."""
    fields = Path("/proc/stat").read_text().partition("\n")[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq = map(int, fields[:7])
    return (user + nice + system + irq + softirq) / TICK


def machine(disk: Path) -> dict[str, Any]:
    """Say what this was run on, and with which versions."""
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())

    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        return done.stdout.strip() or "unknown"

    return {
        "commit": said("git", "describe", "--always", "--dirty", "--abbrev=12"),
        "cpu": cpu[1] if cpu else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "python": sys.version.split()[0],
        "postfix": said("dpkg-query", "-W", "-f", "${Version}", "postfix"),
        "filesystem": said("stat", "-f", "-c", "%T", str(disk)),
        "command": "python -m bench.accept_and_relay " + " ".join(sys.argv[1:]),
    }
