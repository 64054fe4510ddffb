from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.cli.explaining.linewise import is_followed, rows, write
from gatepost.reply.explanation import Context

TODAY = dt.date(2026, 11, 23)


def test_each_line_has_a_row_in_its_order() -> None:
    stream = io.BytesIO(b"550 5.1.1 User unknown\n\nnothing\r\n452 4.2.2 mailbox full")
    assert [row.code for _, row in rows(stream, Context(), TODAY)] == [550, None, None, 452]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60).map(lambda octets: octets.replace(b"\n", b"")), max_size=5))
def test_there_are_as_many_rows_as_lines_whatever_they_hold(lines: list[bytes]) -> None:
    octets = b"x\n" + b"".join(line + b"\n" for line in lines)
    assert len(list(rows(io.BytesIO(octets), Context(), TODAY))) == len(lines) + 1


def test_a_pipe_is_followed_and_a_file_is_not(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as pipe, os.fdopen(writing, "wb"):
        assert is_followed(pipe)
    path = tmp_path / "log"
    path.write_bytes(b"")
    with path.open("rb") as file:
        assert not is_followed(file)
    assert not is_followed(io.BytesIO())


def test_lines_are_written_in_their_order() -> None:
    out = io.BytesIO()
    write([b"a\n", b"b\n"], out, at_once=False)
    assert out.getvalue() == b"a\nb\n"


def test_an_answer_comes_before_the_next_line_is_given() -> None:
    command = [sys.executable, "-m", "gatepost", "explain", "-", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for code in (b"550", b"421"):
            asked.stdin.write(code + b" no\n")
            asked.stdin.flush()
            assert b'"code":' + code in asked.stdout.readline()
        asked.stdin.close()
        assert asked.stdout.read() == b""
    assert asked.returncode == 0
