"""A seal goes on a chain that holds, closes one that does not, and is refused where it would lie (RFC 8617 §5.1)."""

from __future__ import annotations

import asyncio
import re

import pytest
from msgspec import structs

from gatepost.mail.fields import split
from gatepost.mailauth import arc
from gatepost.mailauth.arc.result import Chain, Status
from gatepost.mailauth.dkim.keypair import key_record
from gatepost.mailauth.dkim.sign import NotSigned
from tests.mailauth.arc.chains import HOPS, ed25519_signer, seal, sealed, sealed_by, verified
from tests.mailauth.dkim.letters import LETTER, ed25519, signed
from tests.mailauth.zone import NOW, Zone


def refused(message: bytes, chain: Chain) -> str:
    fields = seal(message, "first.test", chain)
    assert isinstance(fields, NotSigned)
    return fields.why


def test_the_fields_come_in_their_order_and_are_always_alike() -> None:
    fields = seal(LETTER, "first.test")
    assert isinstance(fields, bytes)
    assert [field.name for field in split(fields).fields] == [
        "arc-seal",
        "arc-message-signature",
        "arc-authentication-results",
    ]
    assert fields == seal(LETTER, "first.test")
    assert max(map(len, fields.split(b"\r\n"))) <= 78
    assert split(fields).fields[2].raw == b"ARC-Authentication-Results: i=1; first.test;\r\n arc=none\r\n"


def test_what_was_found_is_told() -> None:
    one = sealed(LETTER, "first.test")
    assert b"cv=none" in one
    two = seal(one, "second.test")
    assert isinstance(two, bytes)
    assert b"cv=pass" in two
    assert re.findall(rb"\bi=([0-9]+)", two) == [b"2", b"2", b"2"]


def test_dkim_signatures_are_covered_and_results_and_seals_are_not() -> None:
    message = b"Authentication-Results: x\r\n" + sealed(signed(LETTER), "first.test")
    fields = seal(message, "second.test", verified(message))
    assert isinstance(fields, bytes)
    (names,) = re.findall(rb"\bh=([^;]*);", fields)
    assert b"dkim-signature" in names
    assert b"authentication-results" not in names
    assert b"arc-" not in names


def test_a_broken_chain_is_closed_by_a_seal_of_its_own_set_alone() -> None:
    broken = sealed_by(1).replace(b"Bob,", b"Bub,")
    assert verified(broken).status == "fail"
    closed = sealed(broken, "second.test")
    assert b"cv=fail" in closed
    chain = verified(closed)
    assert (chain.status, chain.ended, chain.newest) == ("fail", True, 2)
    assert "ends it" in refused(closed, chain)


def test_a_chain_without_a_number_is_closed_with_the_first() -> None:
    closed = sealed(b"ARC-Seal: nothing\r\n" + LETTER, "first.test")
    assert re.findall(rb"\bi=([0-9]+)", closed) == [b"1"] * 3
    assert b"cv=fail" in closed


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (Chain(Status.TEMPERROR, newest=1), "nobody knows today"),
        (Chain(Status.PASS, newest=50), "50 sets already"),
        (Chain(Status.FAIL, newest=3, ended=True), "ends it"),
        (Chain(Status.PASS, newest=2), "not those that were verified"),
        (Chain(Status.NONE), "not those that were verified"),
    ],
)
def test_what_would_lie_is_refused(chain: Chain, why: str) -> None:
    assert why in refused(sealed_by(1), chain)


def test_a_header_without_end_is_not_sealed() -> None:
    header = structs.replace(split(LETTER), whole=False)
    fields = arc.seal(header, [], Chain(Status.NONE), "x", ed25519_signer("first.test"), NOW)
    assert isinstance(fields, NotSigned)
    assert "begins with a blank" in refused(b" none\r\n" + LETTER, Chain(Status.NONE))


def test_ed25519_seals_too() -> None:
    header = split(LETTER)
    body = [LETTER[header.body :]]
    signer = ed25519_signer("first.test")
    fields = arc.seal(header, body, Chain(Status.NONE), "first.test; none", signer, NOW)
    assert isinstance(fields, bytes)
    known = Zone({"s._domainkey.first.test": key_record(ed25519())})
    chain = asyncio.run(arc.verify(split(fields + LETTER), body, known, NOW))
    assert (chain.status, chain.domains) == ("pass", HOPS[:1])
