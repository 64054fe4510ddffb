"""Paths are read by the grammar of RFC 5321 §4.1.2, and what cannot be read says why."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.path import (
    MAX_PATH,
    BadPath,
    Mailbox,
    forward_path_at,
    is_address_literal,
    is_domain,
    parse_forward_path,
    parse_mailbox,
    parse_reverse_path,
    reverse_path_at,
)

GOOD = [
    ("a@b", "b"),
    ("some.user+tag@Mail.Example.ORG", "mail.example.org"),
    ("!#$%&'*+-/=?^_`{|}~@example.org", "example.org"),
    ("under_score@host_name.example", "host_name.example"),
    ("a@1.2.3.4", "1.2.3.4"),
    ('""@example.org', "example.org"),
    ('"a b"@example.org', "example.org"),
    ('"a@b>c"@example.org', "example.org"),
    (r'"a\"b\\c"@example.org', "example.org"),
    ("a@[192.0.2.1]", "[192.0.2.1]"),
    ("a@[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"),
    ("bücher@bücher.example", "bücher.example"),
    ("用户@例子.广告", "例子.广告"),
    ('"ü ü"@example.org', "example.org"),
    ("user%elsewhere@example.org", "example.org"),
    ("a" * 200 + "@example.org", "example.org"),
    ("a@" + "b" * 63 + ".example", "b" * 63 + ".example"),
]

BAD = [
    ("", "empty"),
    ("a", "no @"),
    ("@b", "local part"),
    ("a@", "domain"),
    (".a@b", "local part"),
    ("a.@b", "local part"),
    ("a..b@c", "local part"),
    ("a b@c", "local part"),
    ("a@b@c", "domain"),
    ("a@b..c", "domain"),
    ("a@.b", "domain"),
    ("a@b.", "domain"),
    ("a@-b", "domain"),
    ("a@b-", "domain"),
    ("a@b c", "domain"),
    ("a@" + "b" * 64 + ".example", "domain"),
    ('"a@b', "local part"),
    ('"a"b@c', "local part"),
    ('"a"', "no @"),
    ('a"b"@c', "local part"),
    ("a@[1.2.3]", "literal"),
    ("a@[1.2.3.4", "literal"),
    ("a@[1.2.3.256]", "literal"),
    ("a@[IPv6:1.2.3.4]", "literal"),
    ("a@[IPv6:fe80::1%eth0]", "literal"),
    ("a@[tag:x]", "literal"),
    ("a\0@b", "control"),
    ("a\tb@c", "control"),
    ("a@b\x7f", "control"),
    ("a\u202eb@c", "control"),
    ("a\u0085@c", "control"),
    ("a\ufffd@c", "UTF-8"),
    ("ü" * 127 + "@c", "longer"),
    ("a" * MAX_PATH + "@b", "longer"),
]


@pytest.mark.parametrize(("text", "domain"), GOOD)
def test_a_mailbox_is_kept_as_given_with_its_domain_in_lower_case(text: str, domain: str) -> None:
    mailbox = parse_mailbox(text)
    assert mailbox == Mailbox(text, domain)
    assert f"{mailbox.local_part}@{domain}" == text[: -len(domain)] + domain
    assert str(mailbox) == text


@pytest.mark.parametrize(("text", "why"), BAD)
def test_what_is_no_mailbox_says_why(text: str, why: str) -> None:
    bad = parse_mailbox(text)
    assert isinstance(bad, BadPath)
    assert why in bad.why


@pytest.mark.parametrize(("text", "domain"), GOOD)
def test_a_path_is_read_where_it_stands(text: str, domain: str) -> None:
    line = f"xx <{text}> SIZE=1"
    expected = Mailbox(text, domain)
    assert reverse_path_at(line, 3) == (expected, len(text) + 5)
    assert forward_path_at(line, 3) == (expected, len(text) + 5)
    assert parse_reverse_path(f"<{text}>") == expected
    assert parse_forward_path(f"<{text}>") == expected


@pytest.mark.parametrize(
    "text", ["", "a@b", "<a@b", "a@b>", "<a@b>x", " <a@b>", '<"a@b>', "<", ">", "<<a@b>>"]
)
def test_a_path_wants_its_angle_brackets(text: str) -> None:
    assert isinstance(parse_reverse_path(text), BadPath)
    assert isinstance(parse_forward_path(text), BadPath)


def test_the_empty_path_is_a_reverse_path_only() -> None:
    assert parse_reverse_path("<>") is None
    assert parse_forward_path("<>") == BadPath("it is empty")


@pytest.mark.parametrize("name", ["Postmaster", "postmaster", "POSTMASTER"])
def test_postmaster_needs_no_domain_as_a_recipient(name: str) -> None:
    mailbox = parse_forward_path(f"<{name}>")
    assert mailbox == Mailbox(name, "")
    assert mailbox.local_part == name
    assert parse_reverse_path(f"<{name}>") == BadPath("it has no @")


@pytest.mark.parametrize("route", ["@a:", "@a.example,@b.example:", "@[192.0.2.1],@b:", "@[IPv6:::1]:"])
def test_a_source_route_is_read_and_dropped(route: str) -> None:
    assert parse_forward_path(f"<{route}c@d>") == Mailbox("c@d", "d")


@pytest.mark.parametrize("route", ["@", "@:", "@a", "@a,:", "@a,b:", "@a;@b:"])
def test_a_broken_source_route_says_so(route: str) -> None:
    assert parse_forward_path(f"<{route}c@d>") == BadPath("its source route cannot be read")


def test_a_path_of_256_octets_is_taken_and_one_more_is_not() -> None:
    text = "<" + "a" * (MAX_PATH - 4) + "@b>"
    assert isinstance(parse_forward_path(text), Mailbox)
    assert isinstance(parse_forward_path("<a" + text[1:]), BadPath)


@pytest.mark.parametrize("name", ["a", "example.org", "a_b.c-d", "1.2.3.4", "x" * 63])
def test_a_domain_is_known_by_its_form(name: str) -> None:
    assert is_domain(name)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", "-a", "a-", "a b", "ü.example", "x" * 64, "a." * 127 + "toolong"]
)
def test_what_has_another_form_is_no_domain(name: str) -> None:
    assert not is_domain(name)


@pytest.mark.parametrize(
    "text", ["[]", "1.2.3.4", "[IPv6:]", "[IPv6:1::2::3]", "[::1]", "[" + "1" * 100 + "]"]
)
def test_what_has_another_form_is_no_address_literal(text: str) -> None:
    assert not is_address_literal(text)


@given(st.text(alphabet='<>@",:;\\[].ab1 \t\x00ü', max_size=40))
def test_any_text_is_a_mailbox_or_says_why(text: str) -> None:
    path = parse_forward_path(text)
    if isinstance(path, BadPath):
        assert path.why.isascii()
    else:
        # What was taken is in the text, and reads the same again.
        assert path.address in text
        if path.domain:
            assert parse_mailbox(path.address) == path
        assert "\0" not in path.address


@pytest.mark.parametrize(
    "text",
    [
        "<" + '"' * 200_000,
        '<"' + "\\" * 200_000,
        "<" + '""' * 100_000 + "x",
        "<@" + "a,@" * 70_000,
        "<" * 200_000,
    ],
    ids=["quotes", "backslashes", "quoted strings", "routes", "brackets"],
)
def test_hostile_text_is_read_in_linear_time(text: str) -> None:
    # Without a bound this would take hours; there is nothing to measure but that it ends.
    assert isinstance(parse_forward_path(text), BadPath)
