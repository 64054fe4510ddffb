"""Messages in files and folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.cli.reading.messages import LARGEST, messages, size

ONE, TWO = b"Subject: 1\n\nOne\n", b"Subject: 2\n\nTwo\n"


def test_a_file_without_a_mark_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(ONE)
    assert list(messages(path)) == [ONE]
    assert size(path) == len(ONE)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_an_mbox_file_is_cut_at_its_marks_alone(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "mbox"
    text = b"From a Mon\n" + ONE + b"From here on\n>From there\n\nFrom b Tue\n" + TWO
    path.write_bytes(text.replace(b"\n", end))
    assert list(messages(path)) == [
        (ONE + b"From here on\nFrom there\n\n").replace(b"\n", end),
        TWO.replace(b"\n", end),
    ]


def test_a_maildir_gives_what_is_in_cur_and_new(tmp_path: Path) -> None:
    for name in ("cur", "new", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "cur/1:2,S").write_bytes(ONE)
    (tmp_path / "new/2").write_bytes(TWO)
    (tmp_path / "tmp/3").write_bytes(b"half")
    assert list(messages(tmp_path)) == [ONE, TWO]


def test_a_folder_gives_its_files_by_name_and_none_that_are_hidden(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(TWO)
    (tmp_path / "a").write_bytes(ONE)
    (tmp_path / ".index").write_bytes(b"x")
    assert list(messages(tmp_path)) == [ONE, TWO]


def test_a_message_too_long_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "mbox"
    path.write_bytes(b"From a\n" + b"x" * 99 + b"\n" * 1 + (b"y" * 999 + b"\n") * (LARGEST // 1000 + 5))
    [message] = messages(path)
    assert LARGEST <= len(message) < LARGEST + 1000


def test_an_empty_file_is_an_empty_message(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    assert list(messages(path)) == [b""]
