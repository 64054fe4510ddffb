from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.checks.facts import Content
from gatepost.gateway.dmarc import inbox as module
from gatepost.gateway.dmarc.inbox import Inbox, Letter, letters, proven, put_back, tidy, waits
from tests.journal.test_aggregate import reception

ADDRESS = "b@ours.example"  # of the receptions


def at_once(call: Callable[[], None]) -> None:
    call()


def box(tmp_path: Path, *addresses: str) -> Inbox:
    return Inbox(tmp_path / "inbox", frozenset(addresses or (ADDRESS,)), at_once)


def taken(tmp_path: Path) -> list[tuple[Letter | None, bytes]]:
    return [(letter, path.read_bytes()) for letter, path in letters(tmp_path / "inbox")]


def test_a_message_to_the_address_is_left_with_what_is_known_of_it(tmp_path: Path) -> None:
    assert not waits(tmp_path / "inbox")
    box(tmp_path).take(reception("pass"), Content(5, b"hello"))
    assert waits(tmp_path / "inbox")
    assert taken(tmp_path) == [(Letter(message="s-1", time=1.0, sender="mail.good.example"), b"hello")]
    assert list((tmp_path / "inbox").iterdir()) == []


def test_other_mail_is_let_be(tmp_path: Path) -> None:
    box(tmp_path, "other@ours.example").take(reception("pass"), Content(5, b"hello"))
    assert not (tmp_path / "inbox").exists()


def test_a_content_with_a_file_of_its_own_is_linked_and_outlives_it(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 1000)
    box(tmp_path).take(reception("fail"), Content(1000, file=str(large)))
    large.unlink()
    assert taken(tmp_path) == [(Letter(message="s-1", time=1.0, sender=""), b"x" * 1000)]
    box(tmp_path).take(reception("fail"), Content(1000, file=str(large)))  # gone already: said in the log
    assert taken(tmp_path) == []


def test_only_dmarc_proves_a_sender() -> None:
    assert proven(reception("pass")) == "mail.good.example"
    assert proven(reception("fail")) == ""


@pytest.mark.parametrize(("bound", "value"), [("MAX_LETTERS", 1), ("MAX_WAITING", 3)])
def test_when_too_many_wait_further_ones_are_not_kept(
    bound: str, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box(tmp_path).take(reception("pass"), Content(5, b"first"))
    monkeypatch.setattr(module, bound, value)
    again = reception("pass")
    values = {name: getattr(again, name) for name in again.__struct_fields__} | {"message": "s-2"}
    box(tmp_path).take(type(again)(**values), Content(6, b"second"))
    assert [content for _, content in taken(tmp_path)] == [b"first"]
    assert "too many wait" in caplog.text


def test_a_letter_that_ended_its_reader_is_given_once_more_as_such_and_then_gone(tmp_path: Path) -> None:
    box(tmp_path).take(reception("pass"), Content(5, b"hello"))
    next(letters(tmp_path / "inbox"))  # and the process ends
    assert waits(tmp_path / "inbox")
    assert taken(tmp_path) == [(None, b"hello")]
    assert not waits(tmp_path / "inbox")


def test_what_could_not_be_kept_waits_again(tmp_path: Path) -> None:
    box(tmp_path).take(reception("pass"), Content(5, b"hello"))
    _, path = next(letters(tmp_path / "inbox"))
    put_back(path)
    [(letter, _)] = taken(tmp_path)
    assert letter is not None


def test_what_a_crash_left_without_a_note_is_removed_after_a_while(tmp_path: Path) -> None:
    directory = tmp_path / "inbox"
    box(tmp_path).take(reception("pass"), Content(5, b"hello"))
    (directory / "lost-1.eml").write_bytes(b"x")
    (directory / "lost-1.new").write_bytes(b"x")
    tidy(directory, 0)
    assert len(list(directory.iterdir())) == 4
    tidy(directory, 4e9)
    assert sorted(path.name for path in directory.iterdir()) == ["s-1.eml", "s-1.json"]
    (directory / "bad.json").write_bytes(b"{")
    assert len(taken(tmp_path)) == 1
    assert list(directory.iterdir()) == []
