from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from gatepost.cli.explaining.given import Files, Missing, Text, given, kind, looks_like_a_message, well_formed

BOUNCE = (
    b"Return-Path: <>\nReceived: from mx.example.org\n by mx.example.net; today\nSubject: failed\n\nbody\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mail.log").write_text("550 no\n")
    (tmp_path / "550").write_text("a file named like a code\n")
    (tmp_path / "old").mkdir()
    return tmp_path


def test_what_exists_is_a_file(folder: Path) -> None:
    assert given(["mail.log"]) == Files(("mail.log",))
    assert given(["mail.log", "-"]) == Files(("mail.log", "-"))
    assert given(["./550"]) == Files(("./550",))


def test_a_bare_code_is_a_code_even_where_a_file_has_its_name(folder: Path) -> None:
    assert given(["550"]) == Text("550")
    assert given(["5.7.1"]) == Text("5.7.1")


@pytest.mark.parametrize(
    "words",
    [["550", "5.1.1", "User", "unknown"], ["550 <a/b@example.org>: see a/b/c"], ["a/b"], [""], ["\0"]],
)
def test_words_that_are_no_file_are_a_reply(folder: Path, words: list[str]) -> None:
    assert given(words) == Text(" ".join(words))


@pytest.mark.parametrize("word", ["/var/log/no/mail.log", "mail.log.1.gz", "./x", "bounce.eml"])
def test_what_looks_like_a_file_and_is_none_is_said_to_be_missing(folder: Path, word: str) -> None:
    found = given([word])
    assert isinstance(found, Missing)
    assert found.sentence == f"There is no file {word}; is the name right, and the folder?"


def test_a_file_beside_one_that_is_missing_is_not_read_as_words(folder: Path) -> None:
    found = given(["mail.log", "maill.log"])
    assert isinstance(found, Missing)
    assert "no file maill.log" in found.sentence


def test_a_folder_is_answered_with_what_to_type(folder: Path) -> None:
    assert given(["old/"]) == Missing("old/ is a folder; name the files in it: gatepost explain old/*")


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", "nothing"),
        (b"\n \n", "nothing"),
        (b"550 5.1.1 User unknown\n", "line"),
        (b"550-5.1.1 No such user\r\n550 5.1.1 see our page\r\n", "reply"),
        (b"550 5.1.1 No such user\n550 5.1.1 No such user\n", "log"),
        (b"550-5.1.1 No such user\n451 4.7.1 Greylisted\n", "log"),
        (b"550-5.1.1 one\n550-5.1.1 no end\n", "log"),
        (b"Nov 23 15:05:55 mx postfix/smtpd[1]: connect\nNov 23 15:05:56 mx postfix/smtpd[1]: lost\n", "log"),
        (BOUNCE, "message"),
        (b"From MAILER-DAEMON Mon Nov 23 15:05:55 2026\n" + BOUNCE, "message"),
        (b"\x1f\x8b\x08 what is packed is not looked into on standard input", "log"),
        (b"time: 1\nlevel: info\n", "log"),
    ],
)
def test_octets_show_what_they_are(octets: bytes, expected: str) -> None:
    assert kind(octets, whole=True) == expected


def test_what_goes_on_beyond_the_head_is_a_log() -> None:
    assert kind(b"550 5.1.1 User unknown\n", whole=False) == "log"


def test_a_log_of_fields_is_no_message() -> None:
    assert not looks_like_a_message(b"Subject: only one field is not enough\n")


@examples(st.binary(max_size=300))
def test_any_octets_are_something(octets: bytes) -> None:
    assert kind(octets, whole=True) in ("nothing", "reply", "line", "message", "log")


def test_an_argument_that_is_not_utf8_can_be_printed() -> None:
    assert well_formed("550 \udcfc").encode() == "550 \ufffd".encode()
