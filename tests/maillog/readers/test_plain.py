"""A line that is a reply and nothing else."""

from __future__ import annotations

import pytest

from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.plain import Plain


@pytest.mark.parametrize(
    ("line", "text", "code", "enhanced"),
    [
        ("550 5.1.1 <x@example.org>: no", "550 5.1.1 <x@example.org>: no", 550, "5.1.1"),
        ("  421-4.7.0 later", "421-4.7.0 later", 421, "4.7.0"),
        ('"554 refused"', "554 refused", 554, ""),
        ("<<< 552 5.2.2 full", "552 5.2.2 full", 552, "5.2.2"),
        ("smtp; 550 no", "550 no", 550, ""),
        ("450", "450", 450, ""),
    ],
)
def test_a_reply_is_taken_as_it_stands(line: str, text: str, code: int, enhanced: str) -> None:
    event = Plain().read(Frame(line, line))
    assert event is not None
    assert (event.text, event.code, event.enhanced) == (text, code, enhanced)
    assert (event.direction, event.result) == ("unknown", "")


@pytest.mark.parametrize(
    "line", ["5500 messages", "199 no reply", "560 no reply", "hello 550", "2026-11-23", ""]
)
def test_what_begins_with_no_reply_code_is_none(line: str) -> None:
    assert Plain().read(Frame(line, line)) is None


def test_what_a_program_said_of_something_else_is_none() -> None:
    assert Plain().read(Frame("", "550 jobs done", program="cron")) is None
