from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
from collections.abc import Iterable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.cli.explaining.linewise import rows, write
from gatepost.maillog.wanted import Wanted
from gatepost.reply.explanation import Context

TODAY = dt.date(2026, 11, 23)
ALL = Wanted()


def test_each_line_has_a_row_in_its_order() -> None:
    octets = b"550 5.1.1 User unknown\n\nnothing\r\n452 4.2.2 mailbox full"
    assert [row.code for row in rows([octets], Context(), TODAY, ALL)] == [550, None, None, 452]


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=60).map(lambda octets: octets.replace(b"\n", b"")), max_size=5))
def test_there_are_as_many_rows_as_lines_whatever_they_hold(lines: list[bytes]) -> None:
    octets = b"x\n" + b"".join(line + b"\n" for line in lines)
    assert len(list(rows([octets], Context(), TODAY, ALL))) == len(lines) + 1


def test_what_is_not_wanted_is_left_out() -> None:
    octets = [b"550 5.1.1 User unknown\nnothing\n452 4.2.2 mailbox full\n"]
    wanted = Wanted(causes=frozenset(("mailbox_full",)))
    assert [row.code for row in rows(octets, Context(), TODAY, wanted)] == [452]


def test_answers_go_out_before_the_next_piece_is_waited_for() -> None:
    out = io.BytesIO()
    buffered = io.BufferedWriter(out)  # type: ignore[arg-type]
    seen = []

    def pieces() -> Iterator[bytes]:
        yield b"a"
        seen.append(out.getvalue())
        yield b"b"

    def answers(pieces: Iterable[bytes]) -> Iterator[bytes]:
        return (piece.upper() for piece in pieces)

    write(pieces(), answers, buffered)
    assert seen == [b"A"]
    assert out.getvalue() == b"AB"


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
