from __future__ import annotations

import click
import pytest

from gatepost.cli.layout import coloured, cut, item, paragraph, printable, width


@pytest.mark.parametrize(("columns", "used"), [("20", 40), ("60", 60), ("200", 80)])
def test_the_width_is_that_of_the_terminal_within_bounds(
    monkeypatch: pytest.MonkeyPatch, columns: str, used: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == used


def test_a_paragraph_hangs_below_its_label() -> None:
    first, *rest = click.unstyle(paragraph("Label", "word " * 40)).split("\n")
    assert first.startswith("  Label       word")
    assert rest
    assert all(line.startswith(" " * 14 + "word") for line in rest)


def test_an_item_without_words_is_its_name() -> None:
    assert click.unstyle(item("name", "")).strip() == "name"


def test_what_is_cut_says_so() -> None:
    assert cut("12345", 5) == "12345"
    assert cut("123456", 5) == "1234…"


def test_control_characters_become_question_marks() -> None:
    assert printable("a\x1b[2J\nb\u202e") == "a?[2J?b?"


def test_each_class_has_its_colour() -> None:
    assert len({coloured("x", code) for code in (250, 354, 450, 550)}) == 4
    assert click.unstyle(coloured("x", None)) == "x"
