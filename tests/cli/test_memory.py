"""Verbs that ask the memory say where there is none, and why it does not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.checks.memory import Memory, Unavailable
from gatepost.cli.memory import ask, rfc3339
from gatepost.cli.options import Bad
from gatepost.gateway.memory.file import FILE


async def question(memory: Memory) -> object:
    return await memory.get("s", ("a",))


def test_where_nothing_was_remembered_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(Bad, match="--data-dir"):
        ask(tmp_path, question)
    assert list(tmp_path.iterdir()) == []


def test_a_memory_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(Bad, match="does not answer"):
        ask(tmp_path, question)


def test_an_answer_is_given_on(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert ask(tmp_path, question) == (None,)

    async def no(memory: Memory) -> Unavailable:
        return Unavailable("no")

    with pytest.raises(Bad, match="no"):
        ask(tmp_path, no)


def test_moments_for_programs_are_in_utc() -> None:
    assert rfc3339(1_800_000_000) == "2027-01-15T08:00:00Z"
