"""A log is followed through all that can happen to it. What happens, happens where the follower would wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.cli.reading.follow import follow

TODAY = dt.date(2026, 11, 23)


class OverError(Exception):
    """Nothing happens any more."""


def followed(path: Path, *happenings: Callable[[], object]) -> list[str]:
    """Give the lines that were seen while one thing after the other happened."""
    todo = iter(happenings)

    def wait() -> None:
        happening = next(todo, None)
        if happening is None:
            raise OverError
        happening()

    lines: list[str] = []
    with pytest.raises(OverError):
        lines.extend(raw for raw, _ in follow(str(path), TODAY, wait))
    return lines


def append(path: Path, text: str) -> Callable[[], object]:
    def happening() -> None:
        with path.open("a") as file:
            file.write(text)

    return happening


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    path.write_text("old\n")
    return path


def test_only_what_comes_from_now_on_is_given_and_a_line_when_it_is_whole(log: Path) -> None:
    assert followed(log, append(log, "one\ntw"), append(log, "o\n")) == ["one", "two"]


def test_a_log_that_is_put_aside_is_read_to_its_end_and_the_new_one_from_its_beginning(log: Path) -> None:
    aside = log.with_name("mail.log.1")
    happenings = (
        append(log, "one\n"),
        lambda: log.rename(aside),
        append(aside, "two\n"),
        append(log, "three\n"),
        append(log, "four\n"),
    )
    assert followed(log, *happenings) == ["one", "two", "three", "four"]


def test_what_came_to_the_old_file_just_before_the_new_one_was_there_is_given(log: Path) -> None:
    aside = log.with_name("mail.log.1")

    def rotate() -> None:
        log.rename(aside)
        append(aside, "late\nand without an end")()
        append(log, "new\n")()

    assert followed(log, rotate) == ["late", "and without an end", "new"]


def test_a_log_that_is_emptied_is_read_from_its_beginning(log: Path) -> None:
    assert followed(log, append(log, "one and more\n"), lambda: log.write_text("two\n")) == [
        "one and more",
        "two",
    ]


def test_a_log_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    assert followed(path, lambda: None, append(path, "one\n"), append(path, "two\n")) == ["one", "two"]


def test_a_log_that_is_gone_for_a_while_is_waited_for(log: Path) -> None:
    assert followed(log, log.unlink, lambda: None, append(log, "new\n")) == ["new"]


def test_events_come_with_the_lines(log: Path) -> None:
    line = "Nov 23 15:05:55 gw postfix/smtpd[1]: connect from unknown[192.0.2.1]\n"
    following = follow(str(log), TODAY, append(log, line))
    raw, event = next(following)
    following.close()  # type: ignore[attr-defined]
    assert raw == line[:-1]
    assert event is not None
    assert event.system == "postfix"


def test_a_folder_cannot_be_followed(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        next(follow(str(tmp_path), TODAY))
