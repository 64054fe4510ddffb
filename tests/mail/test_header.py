"""A glance at real and at hostile headers."""

from __future__ import annotations

import codecs
from email.header import Header
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.header import MAX_HEADER, Glance, decode_words, glance

SEEDS = Path(__file__).parents[2] / "fuzz" / "seeds" / "header"


def subject(value: bytes) -> str:
    return glance(b"Subject:" + value + b"\r\n\r\n").subject


def test_the_fields_of_a_header_are_seen() -> None:
    content = (
        b"Received: from a\r\n\tby b; date\r\nRECEIVED: from c\r\nFrom: Ann <a@b.example>\r\n"
        b"subject: Hello\r\n there\r\nMessage-Id: <1@b.example>\r\nX-Received: no\r\n\r\n"
        b"Received: in the body\r\nFrom: body\r\n"
    )
    assert glance(content) == Glance("Ann <a@b.example>", "Hello there", "<1@b.example>", 2)


@pytest.mark.parametrize(
    "content", [b"", b"\r\n", b"\r\nFrom: body\r\n", b"no header at all", b"Subject", b":\r\n\r\n"]
)
def test_what_is_not_there_is_empty(content: bytes) -> None:
    assert glance(content) == Glance("", "", "", 0)


def test_a_header_without_end_is_read_to_its_end() -> None:
    assert glance(b"From: a\r\nSubject: cut of") == Glance("a", "cut of", "", 0)


def test_the_first_of_two_counts() -> None:
    assert subject(b" one\r\nSubject: two") == "one"


def test_nothing_is_looked_for_beyond_the_bound() -> None:
    assert subject(b" x\r\nX: " + b"y" * MAX_HEADER + b"\r\nFrom: late") == "x"
    assert glance(b"X: " + b"y" * MAX_HEADER + b"\r\nFrom: late\r\n\r\n").header_from == ""


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"=?utf-8?q?caf=C3=A9?=", "café"),
        (b"=?UTF-8?B?Y2Fmw6k=?=", "café"),
        (b"=?utf-8?B?Y2Fmw6k?=", "café"),
        (b"=?iso-8859-1?Q?caf=E9_noir?= and more", "café noir and more"),
        (b"=?utf-8?q?caf=C3?=\r\n =?utf-8?q?=A9?=", "café"),
        (b"=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8*en?q?a?= b", "a b"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?gb2312?B?xOO6ww==?=", "你好"),
        (b"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        (b"=?x-none?q?a?=", "=?x-none?q?a?="),
        (b"=?unicode_escape?q?=5Cx41?=", "=?unicode_escape?q?=5Cx41?="),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?b?a?=", "=?utf-8?b?a?="),
        (b"=?utf-8?q?=FF?=", "�"),
        (b"=?utf-8?q?=1B[2J=0Ax?=", "?[2J x"),
        ("grün".encode(), "grün"),
        ("grün".encode("latin-1"), "grün"),
        ("abc\u202edef".encode(), "abc?def"),
        (b"a\x00b\tc", "a?b c"),
    ],
)
def test_a_field_is_shown_decoded_in_one_printable_line(raw: bytes, shown: str) -> None:
    assert subject(b" " + raw) == shown


@given(
    st.text(
        alphabet=st.characters(
            min_codepoint=32,
            max_codepoint=0xFFFF,
            exclude_categories=["Cs", "Cc", "Cf", "Zs", "Zl", "Zp", "Cn", "Co"],
        ),
        max_size=60,
    )
)
def test_what_the_standard_library_encodes_is_decoded(text: str) -> None:
    encoded = Header(text, "utf-8", maxlinelen=60).encode(linesep="\r\n")
    assert subject(b" " + encoded.encode()) == text


def test_a_long_value_is_cut() -> None:
    shown = subject(b" " + b"x" * 100_000)
    assert len(shown) == 200
    assert shown.endswith("…")


def test_charset_names_of_strangers_are_not_kept_by_the_codecs() -> None:
    asked: list[str] = []

    def search(name: str) -> None:
        asked.append(name)

    codecs.register(search)
    try:
        decode_words("".join(f"=?x-made-up-{n}?q?a?= " for n in range(50)))
    finally:
        codecs.unregister(search)
    assert asked == []


@given(st.binary(max_size=400))
def test_any_octets_give_a_glance_of_printable_lines(content: bytes) -> None:
    for prefix in (b"", b"Subject: =?utf-8?q?", b"From: =?gbk?b?"):
        seen = glance(prefix + content)
        for value in (seen.header_from, seen.subject, seen.message_id):
            assert value.isprintable()
            assert len(value) <= 200


def test_the_seeds_of_the_fuzz_target_are_read() -> None:
    seeds = sorted(SEEDS.iterdir())
    assert seeds
    for seed in seeds:
        assert glance(seed.read_bytes()).subject
