"""Records are read by the grammar of RFC 7208, and a fault anywhere in one names the term and says why."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.spf.macro import MacroString
from gatepost.mailauth.spf.record import (
    MAX_RECORD,
    A,
    All,
    BadRecord,
    Exists,
    Include,
    Ip,
    Modifier,
    Mx,
    Ptr,
    Record,
    is_spf,
    parse,
)
from gatepost.mailauth.spf.result import Result

HOST = MacroString("a.example", ("a.example",))


@pytest.mark.parametrize("text", ["v=spf1", "v=spf1 ", "V=SPF1 -all", "v=spf1 broken term"])
def test_a_record_is_known_by_its_version(text: str) -> None:
    assert is_spf(text)


@pytest.mark.parametrize(
    "text", ["", "v=spf", "v=spf10", "v=spf1mx", " v=spf1", "v=spf1\t-all", "spf2.0/pra"]
)
def test_anything_else_is_none_of_our_business(text: str) -> None:
    assert not is_spf(text)


@pytest.mark.parametrize(
    ("term", "directive"),
    [
        ("all", All("all", Result.PASS)),
        ("-ALL", All("-ALL", Result.FAIL)),
        ("?all", All("?all", Result.NEUTRAL)),
        ("~include:a.example", Include("~include:a.example", Result.SOFTFAIL, HOST)),
        ("a", A("a", Result.PASS, None, 0, 0)),
        ("+A/24", A("+A/24", Result.PASS, None, 8, 0)),
        ("a//64", A("a//64", Result.PASS, None, 0, 64)),
        ("a:a.example/0//0", A("a:a.example/0//0", Result.PASS, HOST, 32, 128)),
        ("mx", Mx("mx", Result.PASS, None, 0, 0)),
        ("MX:a.example/32//128", Mx("MX:a.example/32//128", Result.PASS, HOST, 0, 0)),
        ("ptr", Ptr("ptr", Result.PASS, None)),
        ("-ptr:a.example", Ptr("-ptr:a.example", Result.FAIL, HOST)),
        ("ip4:192.0.2.0", Ip("ip4:192.0.2.0", Result.PASS, "A", 0xC0000200, 0)),
        ("ip4:192.0.2.77/24", Ip("ip4:192.0.2.77/24", Result.PASS, "A", 0xC00002, 8)),
        ("-ip6:2001:DB8::1/32", Ip("-ip6:2001:DB8::1/32", Result.FAIL, "AAAA", 0x20010DB8, 96)),
        ("ip6:::192.0.2.1", Ip("ip6:::192.0.2.1", Result.PASS, "AAAA", 0xC0000201, 0)),
        ("exists:a.example", Exists("exists:a.example", Result.PASS, HOST)),
    ],
)
def test_each_mechanism_has_its_term(term: str, directive: object) -> None:
    assert parse(f"v=spf1 {term}") == Record((directive,))


def test_modifiers_stand_anywhere_and_unknown_ones_are_read_over() -> None:
    redirect, exp = Modifier("Redirect=a.example", HOST), Modifier("exp=a.example", HOST)
    record = parse("v=spf1 Redirect=a.example moo.cow-far_out=man:dog/cat  exp=a.example -all moo= moo=%{d} ")
    assert record == Record((All("-all", Result.FAIL),), redirect, exp)


@pytest.mark.parametrize("text", ["v=spf1", "v=spf1   "])
def test_a_record_may_be_empty(text: str) -> None:
    assert parse(text) == Record(())


@pytest.mark.parametrize(
    ("term", "why"),
    [
        ("moo", '"moo" is no mechanism'),
        ("-", '"-" is no mechanism'),
        ("--all", '"--all" is no mechanism'),
        ("!all", '"!all" is no mechanism'),
        ("=all", '"=all" is no mechanism'),
        ("1up=foo", '"1up=foo" is no mechanism'),
        ("a.b:c.d", '"a.b:c.d" is no mechanism'),
        ("a-b", '"a-b" is no mechanism'),
        ("ipv4:192.0.2.1", '"ipv4:192.0.2.1" is no mechanism'),
        ("redirect:a.example", '"redirect:a.example" is a modifier: it is written "redirect="'),
        ("-all.", '"-all." has something behind "all"'),
        ("all:a.example", '"all:a.example" has something behind "all"'),
        ("all/8", '"all/8" has something behind "all"'),
        ("include", '"include" names no domain'),
        ("include:", '"include:" holds no domain'),
        ("include:com", '"include:com" holds a domain that does not end in a dot and a top-level label'),
        ("exists", '"exists" names no domain'),
        ("ptr/0", '"ptr/0" is no mechanism'),
        ("a:", '"a:" holds no domain'),
        ("a:/24", '"a:/24" holds no domain'),
        ("a/", '"a/" is no mechanism'),
        ("a/33", '"a/33" has a prefix length that is not one of 0 to 32'),
        ("a//129", '"a//129" has a prefix length that is not one of 0 to 128'),
        ("a/024", '"a/024" has a prefix length that is not one of 0 to 32'),
        ("a/24/64", '"a/24/64" is no mechanism'),
        (
            "a:192.0.2.1",
            '"a:192.0.2.1" holds an address where a domain should be (addresses are written with "ip4:")',
        ),
        ("mx:%{c}.example", '"mx:%{c}.example" holds "%{c}", which may stand in an explanation only'),
        ("ip4", '"ip4" names no IPv4 address'),
        ("ip4:", '"ip4:" names no IPv4 address'),
        ("ip4/24", '"ip4/24" names no IPv4 address'),
        ("ip4:192.0.2", '"ip4:192.0.2" names no IPv4 address'),
        ("ip4:192.0.02.1", '"ip4:192.0.02.1" names no IPv4 address'),
        ("ip4:192.0.2.1:25", '"ip4:192.0.2.1:25" names no IPv4 address'),
        ("ip4:2001:db8::1", '"ip4:2001:db8::1" names no IPv4 address'),
        ("ip4:192.0.2.1/", '"ip4:192.0.2.1/" has a prefix length that is not one of 0 to 32'),
        ("ip4:192.0.2.1//32", '"ip4:192.0.2.1//32" has a prefix length that is not one of 0 to 32'),
        ("ip4:192.0.2.1/+8", '"ip4:192.0.2.1/+8" has a prefix length that is not one of 0 to 32'),
        ("ip6:192.0.2.1", '"ip6:192.0.2.1" names no IPv6 address'),
        ("ip6:fe80::1%eth0", '"ip6:fe80::1%eth0" names no IPv6 address'),
        ("ip6:::1/0128", '"ip6:::1/0128" has a prefix length that is not one of 0 to 128'),
        ("redirect=", '"redirect=" holds no domain'),
        ("exp=-all", '"exp=-all" holds a domain that does not end in a dot and a top-level label'),
        ("foo=%abc", '"foo=%abc" holds "%abc", which begins no macro'),
        ("foo=%{t}", '"foo=%{t}" holds "%{t}", which may stand in an explanation only'),
    ],
)
@pytest.mark.parametrize("place", ["v=spf1 {}", "v=spf1 a -all {}", "v=spf1 {} redirect=b.example"])
def test_a_fault_is_blamed_on_its_term_wherever_it_stands(place: str, term: str, why: str) -> None:
    assert parse(place.format(term)) == BadRecord(term, why)


def test_redirect_and_exp_must_not_stand_twice() -> None:
    assert parse("v=spf1 exp=a.example EXP=b.example") == BadRecord(
        "EXP=b.example", '"exp=" stands in it twice'
    )
    assert parse("v=spf1 redirect=a.example -all redirect=a.example") == BadRecord(
        "redirect=a.example", '"redirect=" stands in it twice'
    )


@pytest.mark.parametrize(
    ("text", "sign"),
    [("v=spf1 ü", "00FC"), ("v=spf1 a\r-all", "000D"), ("v=spf1 \ufffd", "FFFD"), ("v=spf1 \0", "0000")],
)
def test_what_is_not_printable_ascii_spoils_the_record(text: str, sign: str) -> None:
    assert parse(text) == BadRecord("", f"it holds U+{sign}, which is not printable ASCII")


def test_a_record_has_a_greatest_length() -> None:
    longest = "v=spf1 " + "a " * ((MAX_RECORD - 7) // 2) + "a"
    assert len(longest) == MAX_RECORD
    assert isinstance(parse(longest), Record)
    assert parse(longest + "a") == BadRecord("", f"it is longer than {MAX_RECORD} characters")


def test_a_long_term_is_repeated_in_part_only() -> None:
    bad = parse("v=spf1 moo" + "o" * 5_000)
    assert isinstance(bad, BadRecord)
    assert len(bad.why) < 100


PIECES = [
    *(
        "v=spf1",
        " ",
        "  ",
        "-",
        "~",
        "?",
        "+",
        "all",
        "a",
        "mx",
        "ptr",
        "include",
        "exists",
        "ip4",
        "ip6",
        "exp=",
        "x=",
    ),
    *(
        "redirect=",
        ":",
        "/",
        "//",
        "24",
        "64",
        "a.example",
        "192.0.2.1",
        "2001:db8::1",
        "%{d}",
        "%{ir-}",
        "%%",
        "%",
        ".",
    ),
]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=14).map("".join))
def test_any_text_is_a_record_or_says_why_and_its_terms_are_in_it(text: str) -> None:
    record = parse("v=spf1 " + text)
    assert record == parse("v=spf1 " + text)
    if isinstance(record, BadRecord):
        assert record.why.isascii()
        assert record.why.isprintable()
        assert record.term == "" or record.term in text.split(" ")
        return
    terms = [term for term in text.split(" ") if term]
    modifiers = [term for term in terms if re.match(r"[A-Za-z][A-Za-z0-9._-]*=", term)]
    assert [directive.text for directive in record.directives] == [
        term for term in terms if term not in modifiers
    ]
    # A fault behind it spoils the best of records.
    assert parse(f"v=spf1 {text} moo") == BadRecord("moo", '"moo" is no mechanism')
