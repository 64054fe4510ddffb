"""Tag lists are read as RFC 6376 §3.2 writes them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.taglist import BadTags, parse_base64, parse_tags, without_blanks


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("a=1; b=2", {"a": "1", "b": "2"}),
        ("a=1;b=2;", {"a": "1", "b": "2"}),
        ("a=1; ", {"a": "1"}),
        (" a = x y \t; b=\r\n\tc=d", {"a": "x y", "b": "c=d"}),
        ("a=", {"a": ""}),
        ("A=1; a=2", {"A": "1", "a": "2"}),
        ("d=bücher.example", {"d": "bücher.example"}),
        ("", {}),
    ],
)
def test_a_tag_list_is_read(text: str, tags: dict[str, str]) -> None:
    assert parse_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a=1; a=2", "twice"),
        ("a=1;; b=2", "empty tag"),
        ("; a=1", "empty tag"),
        ("a", "no tag in 'a'"),
        ("=1", "no tag"),
        ("1a=1", "no tag"),
        ("a-b=1", "no tag"),
        ("a=\x00", "U+0000"),
        ("a=\r1", "U+000D"),
        ("a=\ufffd", "U+FFFD"),
    ],
)
def test_what_is_none_says_why(text: str, why: str) -> None:
    read = parse_tags(text)
    assert isinstance(read, BadTags)
    assert why in read.why


def test_base64_may_have_blanks_anywhere_and_nothing_else() -> None:
    assert parse_base64(" aGV\tsbG8 = ") == b"hello"
    assert [parse_base64(value) for value in ("", "a", "aGVsbG8", "aGV-bG8=", "aGVs=bG8")] == [None] * 5
    assert without_blanks(" a \tb") == "ab"


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), st.from_regex(r"[!-:<-~]{0,9}", fullmatch=True)
    )
)
def test_what_is_written_is_read_again(tags: dict[str, str]) -> None:
    assert parse_tags("; ".join(f"{name}={value}" for name, value in tags.items())) == tags
