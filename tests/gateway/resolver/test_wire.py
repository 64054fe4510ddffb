"""Answers of name servers are read as they are meant, hostile octets in bounded time; dnspython is the oracle."""

from __future__ import annotations

import struct
from typing import get_args

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.gateway.resolver.wire import (
    MAX_ALIASES,
    NXDOMAIN,
    PAYLOAD,
    Said,
    Senseless,
    encode_name,
    number_of,
    question,
    read,
)
from gatepost.mail.dns import Kind


def octets_of(name: str) -> bytes:
    octets = encode_name(name)
    assert octets is not None
    return octets


def response(name: str, kind: Kind, *lines: str, authority: tuple[str, ...] = (), rcode: int = 0) -> bytes:
    """Let dnspython write an answer; `lines` are records as in a zone file."""
    asked = dns.message.from_wire(question(7, octets_of(name), kind))
    answer = dns.message.make_response(asked, recursion_available=True)
    answer.set_rcode(dns.rcode.Rcode(rcode))
    for section, records in ((answer.answer, lines), (answer.authority, authority)):
        for line in records:
            owner, ttl, what, data = line.split(None, 3)
            section.append(dns.rrset.from_text(owner, int(ttl), "IN", what, data))
    return answer.to_wire(max_size=65_535)


def said(name: str, kind: Kind, *lines: str, authority: tuple[str, ...] = (), rcode: int = 0) -> Said:
    answer = read(response(name, kind, *lines, authority=authority, rcode=rcode), octets_of(name), kind)
    assert isinstance(answer, Said)
    return answer


@pytest.mark.parametrize("kind", get_args(Kind))
def test_a_question_is_what_dnspython_reads(kind: Kind) -> None:
    asked = dns.message.from_wire(question(4711, octets_of("Example.ORG"), kind))
    assert asked.id == 4711
    assert asked.flags == dns.flags.RD
    assert (asked.edns, asked.payload) == (0, PAYLOAD)
    assert asked.question[0].to_text() == f"example.org. IN {kind}"
    assert dns.message.from_wire(question(1, octets_of("a"), kind, extended=False)).edns == -1


@pytest.mark.parametrize(
    ("kind", "data", "record"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8::1", "2001:db8::1"),
        ("PTR", "Mail.Example.ORG.", "mail.example.org"),
        ("NS", ".", ""),
        ("MX", "10 MX.example.org.", "10 mx.example.org"),
        ("MX", "0 .", "0 "),
        ("TXT", '"v=spf1 " "-all"', "v=spf1 -all"),
        ("TXT", r'"\255\254" "\195" "\164"', "\ufffd\ufffdä"),
        ("TXT", '""', ""),
        ("SOA", "a.b. c.d. 1 2 3 4 5", "a.b c.d 1 2 3 4 5"),
        ("PTR", r"a\.b\ c\000.example.", r"a\046b\032c\000.example"),
    ],
)
def test_records_have_their_presentation_form(kind: Kind, data: str, record: str) -> None:
    assert said("x.example", kind, f"x.example. 60 {kind} {data}") == Said(0, records=(record,), ttl=60)


def test_the_most_preferred_mail_exchanger_comes_first() -> None:
    lines = [f"x. 60 MX {preference} m{preference}." for preference in (20, 5, 100, 10)]
    assert said("x", "MX", *lines).records == ("5 m5", "10 m10", "20 m20", "100 m100")


def test_aliases_are_followed_in_any_order_and_the_least_ttl_counts() -> None:
    lines = ["b. 50 CNAME c.", "c. 200 A 192.0.2.1", "a. 100 CNAME b.", "other. 1 A 192.0.2.66"]
    assert said("a", "A", *lines) == Said(0, records=("192.0.2.1",), ttl=50)
    assert said("a", "CNAME", *lines) == Said(0, records=("b",), ttl=100)


def test_a_record_of_a_name_that_was_not_asked_for_is_nothing() -> None:
    assert said("a", "A", "b. 60 A 192.0.2.66") == Said(0)


def test_a_loop_of_aliases_makes_no_sense() -> None:
    answer = read(response("a", "A", "a. 1 CNAME b.", "b. 1 CNAME a."), octets_of("a"), "A")
    assert isinstance(answer, Senseless)
    assert "aliases" in answer.why


@pytest.mark.parametrize(("steps", "sense"), [(MAX_ALIASES - 1, True), (MAX_ALIASES, False)])
def test_so_many_aliases_and_no_more(steps: int, sense: bool) -> None:
    lines = [f"n{step}. 1 CNAME n{step + 1}." for step in range(steps)] + [f"n{steps}. 1 A 192.0.2.1"]
    assert isinstance(read(response("n0", "A", *lines), octets_of("n0"), "A"), Said if sense else Senseless)


def test_what_does_not_exist_holds_as_long_as_its_soa_says() -> None:
    soa = ("example. 900 SOA ns.example. h.example. 1 2 3 4 77",)
    assert said("a.example", "A", authority=soa, rcode=NXDOMAIN) == Said(NXDOMAIN, ttl=77)
    assert said("a.example", "A", authority=soa) == Said(0, ttl=77)
    short = ("example. 5 SOA ns.example. h.example. 1 2 3 4 77",)
    assert said("a.example", "A", authority=short) == Said(0, ttl=5)
    assert said("a.example", "A", "a.example. 3 CNAME b.example.", authority=soa) == Said(0, ttl=3)
    assert said("a.example", "A", rcode=NXDOMAIN) == Said(NXDOMAIN)


def test_servers_without_an_answer_are_a_referral() -> None:
    assert said("a.example", "A", authority=("example. 9 NS ns.example.",)).referral


@pytest.mark.parametrize("code", [1, 2, 4, 5, 9])
def test_an_error_is_its_code(code: int) -> None:
    assert said("a", "A", rcode=code) == Said(code)


def test_an_error_need_not_repeat_the_question() -> None:
    assert read(struct.pack("!HHHHHH", 7, 0x8181, 0, 0, 0, 0), octets_of("a"), "A") == Said(1)
    assert read(struct.pack("!HHHHHH", 7, 0x8180, 0, 0, 0, 0), octets_of("a"), "A") is None


def test_the_answer_to_another_question_is_none_to_this_one() -> None:
    octets = response("a.example", "A", "a.example. 60 A 192.0.2.1")
    assert read(octets, octets_of("b.example"), "A") is None
    assert read(octets, octets_of("a.example"), "AAAA") is None
    assert read(question(7, octets_of("a.example"), "A"), octets_of("a.example"), "A") is None
    assert number_of(question(7, octets_of("a.example"), "A")) == -1
    assert number_of(octets) == 7


def test_the_case_of_the_repeated_question_is_no_matter() -> None:
    octets = response("a.example", "A", "a.example. 60 A 192.0.2.1").replace(b"\x07example", b"\x07ExAmPlE")
    assert read(octets, octets_of("a.example"), "A") == Said(0, records=("192.0.2.1",), ttl=60)


def test_of_a_truncated_answer_nothing_is_looked_at() -> None:
    octets = bytearray(response("a", "A", "a. 60 A 192.0.2.1"))
    octets[2] |= 0x02
    assert read(bytes(octets[:-3]), octets_of("a"), "A") == Said(0, truncated=True)


@pytest.mark.parametrize(
    "name", ["", ".", "a..b", ".a", "x" * 64, "a." * 127 + "a", "ü.example", "a" * 5000, r"a\999" + "b" * 62]
)
def test_a_name_that_cannot_be_asked_is_none(name: str) -> None:
    assert encode_name(name) is None


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("A.bC", b"\1a\2bc\0"),
        ("_dmarc.x", b"\6_dmarc\1x\0"),
        ("a b=c+d@e!.x", b"\x0aa b=c+d@e!\1x\0"),
        (r"a\046b.x", b"\3a.b\1x\0"),
        (r"a\b.x", b"\3a\\b\1x\0"),
        ("x" * 63, b"\x3f" + b"x" * 63 + b"\0"),
        ("a." * 126 + "a", b"\1a" * 127 + b"\0"),
    ],
)
def test_a_name_is_its_labels(name: str, octets: bytes) -> None:
    assert encode_name(name) == octets


@given(st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3))
def test_a_name_that_was_read_can_be_asked_for(labels: list[bytes]) -> None:
    owner = dns.name.Name([*labels, b""])
    asked = dns.message.from_wire(question(1, b"\1a\0", "PTR"))
    answer = dns.message.make_response(asked)
    answer.answer.append(dns.rrset.from_text("a.", 1, "IN", "PTR", owner.to_text()))
    found = read(answer.to_wire(), b"\1a\0", "PTR")
    assert isinstance(found, Said)
    assert encode_name(found.records[0]) == b"".join(
        bytes([len(label)]) + label.lower() for label in [*labels, b""]
    )


@given(st.binary(max_size=300), st.sampled_from(get_args(Kind)))
def test_any_octets_are_read_or_make_no_sense(tail: bytes, kind: Kind) -> None:
    name = octets_of("a.example")
    head = struct.pack("!HHHHHH", 7, 0x8180, 1, 3, 2, 0) + question(7, name, kind, extended=False)[12:]
    assert isinstance(read(head + tail, name, kind), Said | Senseless)
    read(tail, name, kind)


@given(st.data())
def test_a_broken_answer_never_raises(data: st.DataObject) -> None:
    octets = bytearray(response("a.b", "MX", "a.b. 1 CNAME c.d.", "c.d. 1 MX 1 e.f.", "c.d. 1 MX 2 g.e.f."))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(16, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(12, len(octets)))
    read(bytes(octets[:cut]), octets_of("a.b"), "MX")


def hostile(records: bytes, count: int) -> bytes:
    return struct.pack("!HHHHHH", 7, 0x8180, 1, count, 0, 0) + b"\1a\0\0\5\0\1" + records


def test_long_names_behind_pointers_are_read_once() -> None:
    # A name of 127 labels, then as many records as fit, each owned by it, each an alias to it.
    long = b"\1b" * 126 + b"\0"
    first = long + struct.pack("!HHLH", 5, 1, 1, 2) + struct.pack("!H", 0xC000 | 19)
    more = struct.pack("!H", 0xC000 | 19) + struct.pack("!HHLH", 5, 1, 1, 2) + struct.pack("!H", 0xC000 | 19)
    count = (65_000 - len(first)) // len(more)
    assert read(hostile(first + more * count, count + 1), b"\1a\0", "CNAME") == Said(0)


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        (struct.pack("!H", 0xC000 | 19), "forward"),  # to itself
        (struct.pack("!HH", 0xC000 | 21, 0xC000 | 19), "forward"),
        (b"\1b" * 128 + b"\0", "longer"),
        (b"\x41b\0", "unknown type"),
        (b"\x3fb", "longer"),
        (b"", "too early"),
    ],
)
def test_a_hostile_name_makes_no_sense(owner: bytes, why: str) -> None:
    answer = read(hostile(owner, 1), b"\1a\0", "CNAME")
    assert isinstance(answer, Senseless)
    assert why in answer.why


def test_a_staircase_of_pointers_has_an_end() -> None:
    # Each pointer leads to the one before it; the last record climbs down all of them.
    steps = b"".join(struct.pack("!H", 0xC000 | (31 + 2 * step - (2 if step else 19))) for step in range(200))
    first = b"\0" + struct.pack("!HHLH", 16, 1, 1, len(steps)) + steps
    owner = struct.pack("!H", 0xC000 | (31 + 2 * 199))
    answer = read(hostile(first + owner + struct.pack("!HHLH", 5, 1, 1, 0), 2), b"\1a\0", "CNAME")
    assert isinstance(answer, Senseless)


@pytest.mark.parametrize(
    ("kind", "data"),
    [("A", b"\1\2\3"), ("AAAA", b"\1" * 15), ("TXT", b"\5abc"), ("MX", b"\1"), ("SOA", b"\0\0\1")],
)
def test_a_record_of_the_wrong_length_makes_no_sense(kind: Kind, data: bytes) -> None:
    name = octets_of("a")
    body = question(7, name, kind, extended=False)[12:]
    number = struct.unpack("!H", body[3:5])[0]
    octets = struct.pack("!HHHHHH", 7, 0x8180, 1, 1, 0, 0) + body
    octets += b"\xc0\x0c" + struct.pack("!HHLH", number, 1, 1, len(data)) + data
    assert isinstance(read(octets, name, kind), Senseless)
