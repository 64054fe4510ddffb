"""The inspector's program ends by itself when there is nobody to answer, whatever it is given."""

from __future__ import annotations

import socket
import subprocess
import sys

from gatepost.gateway.inspector.question import READY

COMMAND = [sys.executable, "-m", "gatepost.gateway.inspector.process", str(1 << 30)]


def test_it_says_when_it_is_ready_and_ends_with_its_line() -> None:
    ours, theirs = socket.socketpair()
    with subprocess.Popen(COMMAND, stdin=theirs.fileno()) as child, ours:
        theirs.close()
        assert ours.recv(100) == READY
        ours.close()
        assert child.wait(30) == 0


def test_a_question_without_its_memory_ends_it() -> None:
    ours, theirs = socket.socketpair()
    with subprocess.Popen(COMMAND, stdin=theirs.fileno()) as child, ours:
        theirs.close()
        assert ours.recv(100) == READY
        ours.sendall(b"\x00\x00\x00\x01\x90")
        assert child.wait(30) == 0
