"""Codes mean what the settings say; what is no code is a refusal, whatever they say."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.list_codes import parse_codes, refusal

OCTET = st.integers(0, 255)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("127.0.0.2", "127.0.0.2", "127.0.0.3"),
        ("127.0.0.2-11", "127.0.0.11", "127.0.0.12"),
        ("127.0.0.2-127.0.1.3", "127.0.1.0", "127.0.1.4"),
        ("127.0.1.0/24", "127.0.1.255", "127.0.2.0"),
        ("&8", "127.0.0.10", "127.0.0.2"),
        ("&3", "127.0.0.2", "127.0.0.4"),
    ],
)
def test_codes_are_written_in_four_ways(text: str, inside: str, outside: str) -> None:
    codes = parse_codes(text)
    assert IPv4Address(inside) in codes
    assert IPv4Address(outside) not in codes


@pytest.mark.parametrize(
    "text",
    [
        "", "127.0.0", "128.0.0.1", "127.0.0.5-2", "127.0.0.2-", "127.0.0.2-256", "-2", "&0", "&256", "&", "&x",
        "&٣", "127.0.0.1/24", "126.0.0.0/7", "127.0.0.2-128.0.0.1", "&9999999999", "127.0.0.2-3-4",
    ],
)  # fmt: skip
def test_what_names_no_codes_says_how_to_write_them(text: str) -> None:
    with pytest.raises(ValueError, match=r"write \"127\.0\.0\.2\""):
        parse_codes(text)


@given(OCTET, OCTET, OCTET, OCTET)
def test_a_range_holds_what_lies_in_it(third: int, first: int, last: int, code: int) -> None:
    if first <= last:
        for text in (f"127.0.{third}.{first}-{last}", f"127.0.{third}.{first}-127.0.{third}.{last}"):
            assert (IPv4Address(f"127.0.{third}.{code}") in parse_codes(text)) is (first <= code <= last)


@given(st.integers(1, 255), OCTET, OCTET)
def test_bits_are_those_of_the_last_octet(mask: int, third: int, code: int) -> None:
    assert (IPv4Address(f"127.0.{third}.{code}") in parse_codes(f"&{mask}")) is bool(mask & code)


@given(st.text(max_size=40))
def test_any_text_is_codes_or_says_why(text: str) -> None:
    try:
        codes = parse_codes(text)
    except ValueError:
        return
    assert 127 << 24 <= codes.first <= codes.last < 128 << 24


@pytest.mark.parametrize(
    ("records", "words"),
    [
        (("127.255.255.254",), "public"),
        (("127.255.255.255",), "too often"),
        (("127.255.255.252",), "written wrongly"),
        (("127.255.255.7",), "refuses to answer"),
        (("127.0.0.1",), "127.0.0.1"),
        (("203.0.113.80",), "somebody else"),
        (("127.0.0.2", "127.255.255.254"), "public"),
        (("127.0.0.2", "10.0.0.1"), "somebody else"),
        (("nonsense",), "no address"),
    ],
)
def test_a_refusal_is_no_listing(records: tuple[str, ...], words: str) -> None:
    assert words in refusal(records)


@given(st.integers(0, 255), OCTET, st.integers(2, 255))
def test_other_codes_may_be_listings(second: int, third: int, last: int) -> None:
    if (second, third) != (255, 255):
        assert refusal((f"127.{second}.{third}.{last}",)) == ""
