from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
from gatepost.cli.explaining import standard_input
head = standard_input.take(5)
standard_input.give_back(head)
seen = b"".join(iter(lambda: os.read(0, 1 << 16), b""))
sys.stdout.write(f"{len(head)} {len(seen)} {seen[:7].decode()} {standard_input.is_terminal()}")
"""


@pytest.mark.parametrize("octets", [b"", b"abc", b"abcde", b"abcdefg" * 100_000])
@pytest.mark.parametrize("through", ["a pipe", "a file"])
def test_what_was_looked_at_is_read_again(octets: bytes, through: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM]
    if through == "a pipe":
        done = subprocess.run(command, input=octets, capture_output=True, timeout=30, check=True)
    else:
        path = tmp_path / "log"
        path.write_bytes(octets)
        with path.open("rb") as file:
            done = subprocess.run(command, stdin=file, capture_output=True, timeout=30, check=True)
    first = octets[:7].decode()
    assert done.stdout.decode() == f"{min(5, len(octets))} {len(octets)} {first} False"
