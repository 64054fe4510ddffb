"""A confined process can read and compute, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gatepost.gateway.inspector.confine import unfiltered

# Each attempt in a process of its own that has given up its rights; it reports through its standard output, a pipe.
PROGRAM = """
import json, os, socket, subprocess, sys, threading, time
from pathlib import Path
from gatepost.gateway.inspector.confine import confine, let_compute

attempts = {
    "connect": lambda: socket.socket(),
    "run": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: os.fork(),
    "signal": lambda: os.kill(os.getppid(), 0),
    "create": lambda: open(sys.argv[2], "w"),
    "change": lambda: os.open(sys.argv[3], os.O_WRONLY),
    "remove": lambda: os.unlink(sys.argv[3]),
    "rename": lambda: os.rename(sys.argv[3], sys.argv[2]),
    "trace": lambda: os.open("/proc/1/mem", os.O_RDWR),
    "allocate": lambda: len(bytes(1 << 30)),
    "read": lambda: len(os.read(os.open("/proc/self/status", os.O_RDONLY), 4)),
    "thread": lambda: threading.Thread(target=time.time).start() or "started",
    "user": lambda: os.getuid(),
}
confine(512 << 20)
try:
    said = attempts[sys.argv[1]]()
except MemoryError:
    said = "MemoryError"
except OSError as error:
    said = type(error).__name__
print(json.dumps(said))
"""


def attempt(what: str, tmp_path: Path) -> object:
    there = tmp_path / "there"
    there.write_text("x")
    tmp_path.chmod(0o777)
    there.chmod(0o666)
    command = [sys.executable, "-c", PROGRAM, what, str(tmp_path / "new"), str(there)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert there.read_text() == "x"
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "what", ["connect", "run", "fork", "signal", "create", "change", "remove", "rename", "trace"]
)
def test_it_has_no_network_no_program_no_child_and_no_file_to_write(what: str, tmp_path: Path) -> None:
    assert not unfiltered()
    assert attempt(what, tmp_path) == "PermissionError"


def test_it_has_a_limit_of_memory(tmp_path: Path) -> None:
    assert attempt("allocate", tmp_path) == "MemoryError"


def test_it_can_still_read_and_compute(tmp_path: Path) -> None:
    assert attempt("read", tmp_path) == 4
    assert attempt("thread", tmp_path) == "started"


def test_it_is_not_root(tmp_path: Path) -> None:
    assert attempt("user", tmp_path) != 0
