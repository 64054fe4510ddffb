"""The From field is read whatever it is, oddities are named, and a domain counts only when no reader sees another."""

from __future__ import annotations

from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.fields import split
from gatepost.mailauth.dmarc.author import (
    MAX_FROM,
    MAX_MAILBOXES,
    Author,
    AuthorMailbox,
    Oddity,
    read_author,
    read_from,
)

PLAIN = [
    ("joe@example.org", "", "joe@example.org"),
    ("<joe@example.org>", "", "joe@example.org"),
    ("Joe Q. Public <john.q.public@Example.ORG>", "Joe Q. Public", "john.q.public@Example.ORG"),
    ('"Joe Q. Public" <joe@example.org>', "Joe Q. Public", "joe@example.org"),
    ('"Giant; \\"Big\\" Box" <joe@example.org>', 'Giant; "Big" Box', "joe@example.org"),
    ("Pete(A nice \\) chap) <pete(his account)@example.org(his host)>", "Pete", "pete@example.org"),
    ("joe@example.org (Joe)", "Joe", "joe@example.org"),
    ("=?utf-8?q?J=C3=B6rg?= <joe@example.org>", "Jörg", "joe@example.org"),
    ('"=?utf-8?q?J=C3=B6rg?=" <joe@example.org>', "Jörg", "joe@example.org"),
    ("Joe\r\n\t<joe@example.org>", "Joe", "joe@example.org"),
    ('"Joe B"@example.org', "", '"Joe B"@example.org'),
    ("joe @ example . org", "", "joe @ example . org"),  # RFC 5322 A.6.3
    ("Joe <joe@example.org.>", "Joe", "joe@example.org."),
    ("O'Hara-Smith, <joe@example.org>,,", "", "joe@example.org"),
]


@pytest.mark.parametrize(("value", "name", "address"), PLAIN)
def test_an_ordinary_author_has_a_name_an_address_and_a_domain(value: str, name: str, address: str) -> None:
    author = read_from(f" {value}".encode())
    assert author.domain == "example.org"
    assert author.why_none == ""
    mailbox = author.mailboxes[-1]
    assert (mailbox.name, mailbox.address, mailbox.domain) == (name, address, "example.org")


def test_several_authors_of_one_domain_have_it() -> None:
    author = read_from(b' Joe <joe@example.org>, "Doe, Ann" <ann@EXAMPLE.org>')
    assert author.domain == "example.org"
    assert [mailbox.name for mailbox in author.mailboxes] == ["Joe", "Doe, Ann"]
    assert author.oddities == ()


def test_a_domain_is_compared_in_a_labels() -> None:
    author = read_from("Jörg <jörg@Bücher.example>, <ann@xn--bcher-kva.example>".encode())
    assert author.domain == "xn--bcher-kva.example"
    assert author.oddities == (Oddity.NOT_ASCII,)


ODD = [
    (b"", "", {Oddity.NO_ADDRESS}),
    (b"<>", "", {Oddity.NO_ADDRESS}),
    (b"Joe", "", {Oddity.NO_ADDRESS}),
    (b"undisclosed-recipients:;", "", {Oddity.GROUP, Oddity.NO_ADDRESS}),
    (b"Friends: joe@a.test, ann@a.test;", "a.test", {Oddity.GROUP}),
    (b"joe@a.test, ann@b.test", "", {Oddity.SEVERAL_DOMAINS}),
    (b"<joe@a.test> <ann@b.test>", "", {Oddity.SEVERAL_ADDRESSES, Oddity.SEVERAL_DOMAINS}),
    (b"<joe@a.test@b.test>", "", {Oddity.SEVERAL_ADDRESSES, Oddity.SEVERAL_DOMAINS}),
    (b"joe@a.test ann@b.test", "", {Oddity.SEVERAL_ADDRESSES, Oddity.SEVERAL_DOMAINS}),
    (b"<joe@a .test b>", "", {Oddity.SEVERAL_DOMAINS}),
    (b"<joe@a.t est>", "", {Oddity.SEVERAL_DOMAINS}),
    (b"<@relay.test,@x.test:joe@a.test>", "a.test", {Oddity.SOURCE_ROUTE}),
    (b"<joe@[192.0.2.1]>", "", {Oddity.ADDRESS_LITERAL}),
    (b"<joe@-a.test>", "", {Oddity.UNREADABLE}),
    (b"<joe@a..test>", "", {Oddity.UNREADABLE}),
    (b"<joe@>", "", {Oddity.UNREADABLE}),
    (b"<joe>", "", {Oddity.UNREADABLE}),
    (b"<joe@a.test>, <ann@->", "", {Oddity.UNREADABLE}),
    (b"=?utf-8?q?ceo=40bank.test?=", "", {Oddity.HIDDEN_ADDRESS, Oddity.ADDRESS_IN_NAME}),
    (b'"ceo@bank.test"', "", {Oddity.HIDDEN_ADDRESS, Oddity.ADDRESS_IN_NAME}),
    (b"<=?utf-8?q?ceo=40bank.test?=@a.test>", "", {Oddity.HIDDEN_ADDRESS}),
    (b'"ceo@bank.test" <joe@a.test>', "a.test", {Oddity.ADDRESS_IN_NAME}),
    (b"ceo@bank.test <joe@a.test>", "a.test", {Oddity.ADDRESS_IN_NAME}),
    (b"joe@a.test (ceo@bank.test)", "a.test", {Oddity.ADDRESS_IN_NAME}),
    (b"=?utf-8?b?Y2VvQGJhbmsudGVzdA==?= <joe@a.test>", "a.test", {Oddity.ADDRESS_IN_NAME}),
    ("ceo＠bank.test <joe@a.test>".encode(), "a.test", {Oddity.ADDRESS_IN_NAME}),
    (b"Doe, Joe <joe@a.test>", "a.test", {Oddity.NO_ADDRESS}),
    (b'"Joe <joe@a.test>', "a.test", {Oddity.UNBALANCED}),
    (b"Joe (x <joe@a.test>", "a.test", {Oddity.UNBALANCED}),
    (b"Joe <joe@a.test", "a.test", {Oddity.UNBALANCED}),
    (b"Joe joe@a.test>", "a.test", {Oddity.UNBALANCED}),
    (b"<joe@a.test\0@b.test>", "", {Oddity.CONTROL, Oddity.SEVERAL_ADDRESSES, Oddity.UNREADABLE}),
    ("\u202ejoe <joe@a.test>".encode(), "a.test", {Oddity.CONTROL}),
    (b"J\xf6rg <joe@a.test>", "a.test", {Oddity.NOT_UTF8}),
    (b"joe@a.test" + b" " * MAX_FROM, "", {Oddity.TOO_LONG}),
]


@pytest.mark.parametrize(("value", "domain", "oddities"), ODD, ids=[repr(value[:40]) for value, _, _ in ODD])
def test_what_is_odd_is_named(value: bytes, domain: str, oddities: set[Oddity]) -> None:
    author = read_from(value)
    assert set(author.oddities) == oddities
    assert author.domain == domain
    assert bool(author.why_none) == (not domain)


def test_an_address_in_a_display_name_tells_whose_it_is() -> None:
    author = read_from(b'"Big Bank <ceo@bank.test> x@A.test" <joe@a.test>')
    assert author.mailboxes == (
        AuthorMailbox("Big Bank <ceo@bank.test> x@A.test", "joe@a.test", "a.test", named=("bank.test",)),
    )


def test_the_own_address_as_a_name_is_nothing_odd() -> None:
    assert read_from(b'"joe@a.test" <joe@a.test>').oddities == ()


def test_without_a_from_field_there_is_no_author() -> None:
    author = read_author(split(b"To: joe@example.org\r\n\r\nFrom: joe@example.org\r\n"))
    assert author == Author((), (), (Oddity.NO_FIELD,))
    assert author.why_none == "there is no From field"


def test_several_from_fields_have_no_author_domain_even_when_it_is_the_same() -> None:
    author = read_author(split(b"From: a@x.test\r\nX: y\r\nFROM: b@x.test\r\n\r\n"))
    assert author.domains == ("x.test",)
    assert author.domain == ""
    assert author.why_none == "there are several From fields"


def test_no_more_authors_are_kept_than_anyone_has() -> None:
    author = read_from(b",".join(b"a@x%d.test" % number for number in range(1000)))
    assert len(author.mailboxes) == MAX_MAILBOXES
    assert len(author.domains) == 1000
    assert author.domain == ""


atoms = st.sampled_from(
    ["joe", "example.org", "@", "<", ">", ",", ":", ";", '"', "(", ")", "\\", " ", "=?", "ü", "[", "]", "\0"]
)


@given(st.lists(atoms, max_size=30).map("".join))
def test_any_field_has_an_author_or_says_why_not(text: str) -> None:
    author = read_from(text.encode())
    assert bool(author.domain) != bool(author.why_none)
    assert all(mailbox.domain in ("", *author.domains) for mailbox in author.mailboxes)
    for mailbox in author.mailboxes:
        assert mailbox.name.isprintable()
        assert mailbox.address.isprintable()


@given(
    st.text(alphabet="Joe.-_ '\"\\(),@<>", max_size=20),
    st.text(alphabet="abc.+-_", min_size=1, max_size=10),
    st.sampled_from(["example.org", "a.b-c.test"]),
)
def test_a_quoted_name_changes_nothing_in_the_address(name: str, local_part: str, domain: str) -> None:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    text = f'"{quoted}" <{local_part}@{domain}>'
    author = read_from(text.encode())
    assert author.domain == domain
    assert author.mailboxes[0].address == f"{local_part}@{domain}"
    # Where the standard library has an opinion, it is the same.
    assert parseaddr(text)[1] in ("", f"{local_part}@{domain}")


@pytest.mark.parametrize(
    "piece", ['"', "(", "<", "@", "a@b,", "=?a?q?", "[", "a@b c ", "\\", "a@b.", ":", "(()"]
)
def test_a_hostile_field_is_read_in_linear_time(piece: str) -> None:
    # Without a bound this would take hours; there is nothing to measure but that it ends.
    assert isinstance(read_from(piece.encode() * 500_000), Author)
