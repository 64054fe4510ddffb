"""A chain passes when it is whole, the newest signature holds and every seal does (RFC 8617 §5.2)."""

from __future__ import annotations

import asyncio
import re

import pytest

from gatepost.mail.dns import Status as DnsStatus
from gatepost.mail.fields import split
from gatepost.mailauth.arc.chain import read_chain
from gatepost.mailauth.arc.verify import verify_read, wanted
from gatepost.mailauth.dkim.body import digest_body
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.keypair import key_record, new_rsa_key
from tests.mailauth.arc.chains import HOPS, sealed, sealed_by, verified, weakly_sealed, weakly_signed, zone
from tests.mailauth.dkim.letters import LETTER, rsa
from tests.mailauth.zone import NOW, Zone

THREE = sealed_by(3)


def test_a_message_without_a_chain_has_none() -> None:
    chain = verified(LETTER)
    assert (chain.status, chain.reason, chain.sealers) == ("none", "", ())


def test_a_whole_chain_passes_with_its_sealers_and_what_they_said() -> None:
    chain = verified(THREE)
    assert (chain.status, chain.reason, chain.oldest_pass, chain.newest) == ("pass", "", 0, 3)
    assert chain.domains == HOPS[::-1]
    assert [one.results for one in chain.sealers] == [
        "third.test; arc=pass",
        "second.test; arc=pass",
        "first.test; arc=none",
    ]
    newest = chain.sealers[0]
    assert (newest.instance, newest.selector, newest.signed_at, newest.key_bits) == (3, "s", NOW, 2048)
    assert newest.key is not None
    assert newest.key.status is DnsStatus.FOUND


def test_each_key_is_asked_once() -> None:
    known = zone()
    verified(THREE, known)
    assert sorted(known.asked) == sorted(f"s._domainkey.{domain}" for domain in HOPS)


def test_the_newest_signature_must_hold_and_only_its_key_is_asked_when_it_does_not() -> None:
    for old, new, why in ((b"Bob,", b"Bub,", "body hash"), (b"To: bob", b"To: eve", "a signed field")):
        known = zone()
        chain = verified(THREE.replace(old, new), known)
        assert (chain.status, why in chain.reason) == ("fail", True)
        assert "the newest ARC-Message-Signature, of third.test" in chain.reason
        assert known.asked == ["s._domainkey.third.test"]
        assert chain.domains == HOPS[::-1]


def test_what_was_changed_between_hops_shows_since_when_it_is_unchanged() -> None:
    one = sealed(LETTER, "first.test")
    two = sealed(one.replace(b"Subject: ", b"Subject: [list] "), "second.test", verified(one))
    three = sealed(two, "third.test")
    assert (verified(two).status, verified(two).oldest_pass) == ("pass", 2)
    assert (verified(three).status, verified(three).oldest_pass) == ("pass", 2)


def changed(name: bytes, instance: int, old: bytes, new: bytes) -> bytes:
    one = next(
        field.raw
        for field in split(THREE).fields
        if field.raw.startswith(name) and re.search(rb"\bi=%d;" % instance, field.raw)
    )
    assert old in one
    return THREE.replace(one, one.replace(old, new, 1))


@pytest.mark.parametrize(
    ("name", "instance", "old", "new", "seal"),
    [
        (b"ARC-Authentication-Results", 1, b"arc=none", b"arc=pass", 3),
        (b"ARC-Authentication-Results", 3, b"arc=pass", b"arc=fail", 3),
        (b"ARC-Message-Signature", 1, b"t=17", b"t=16", 3),
        (b"ARC-Seal", 2, b"t=17", b"t=16", 3),
        (b"ARC-Seal", 3, b"t=17", b"t=16", 3),
    ],
)
def test_a_seal_covers_the_fields_of_its_own_and_all_earlier_sets(
    name: bytes, instance: int, old: bytes, new: bytes, seal: int
) -> None:
    chain = verified(changed(name, instance, old, new))
    assert chain.status == "fail"
    assert f"the ARC-Seal of instance {seal}" in chain.reason


def test_a_chain_that_is_not_whole_fails_without_a_question() -> None:
    known = zone()
    chain = verified(changed(b"ARC-Seal", 1, b"cv=none", b"cv=pass"), known)
    assert (chain.status, chain.newest, chain.sealers, known.asked) == ("fail", 3, (), [])
    ended = verified(changed(b"ARC-Seal", 3, b"cv=pass", b"cv=fail"), known)
    assert (ended.status, ended.ended) == ("fail", True)


def test_a_bad_newest_signature_fails() -> None:
    chain = verified(changed(b"ARC-Message-Signature", 3, b"bh=", b"bh=!"))
    assert (chain.status, "the newest ARC-Message-Signature is bad" in chain.reason) == ("fail", True)


def test_a_failure_of_dns_is_never_a_fail() -> None:
    records = dict(zone().records)
    for domain in HOPS:
        chain = verified(THREE, Zone(records | {f"s._domainkey.{domain}": None}))
        assert (chain.status, "cannot be had now" in chain.reason) == ("temperror", True)
    other = {"s._domainkey.first.test": key_record(new_rsa_key(1024)), "s._domainkey.second.test": None}
    # What fails for sure weighs more.
    chain = verified(THREE, Zone(records | other))
    assert (chain.status, "of first.test" in chain.reason) == ("fail", True)
    gone = verified(THREE, Zone({"s._domainkey.third.test": key_record(rsa())}))
    assert (gone.status, "there is no key" in gone.reason) == ("fail", True)


@pytest.mark.parametrize("later", [(), ("second.test",)])
def test_a_seal_by_rsa_sha1_holds_and_is_told_wherever_it_stands(later: tuple[str, ...]) -> None:
    message = weakly_sealed(sealed_by(1).removeprefix(b"Received: by first.test\r\n"), rsa())
    assert b"a=rsa-sha1" in message
    for domain in later:
        message = sealed(message, domain)
    chain = verified(message)
    assert (chain.status, chain.reason, chain.newest) == ("pass", "", 1 + len(later))
    assert chain.weak == (
        "the ARC-Seal of instance 1, of first.test, is made by rsa-sha1, which proves nothing any more (RFC 8301)"
    )
    broken = verified(message.replace(b"Bob,", b"Bub,"))
    assert (broken.status, broken.weak) == ("fail", "")
    assert verified(sealed_by(3)).weak == ""


def test_a_signature_by_rsa_sha1_holds_and_weakens_the_chain_whatever_stands_above_it() -> None:
    message = weakly_signed(LETTER, "first.test", rsa())
    chain = verified(message)
    assert (chain.status, chain.reason) == ("pass", "")
    assert chain.weak.startswith(
        "the ARC-Message-Signature of instance 1, of first.test, is made by rsa-sha1"
    )
    assert verified(message.replace(b"Bob,", b"Bub,")).status == "fail"
    assert verified(message.replace(b"To: bob", b"To: eve")).status == "fail"
    above = verified(sealed(message, "second.test"))
    assert (above.status, above.oldest_pass, above.weak) == ("pass", 0, chain.weak)


def test_fifty_sets_are_a_chain() -> None:
    message = LETTER
    for number in range(50):
        message = sealed(message, HOPS[number % 3])
    chain = verified(message)
    assert (chain.status, chain.newest, chain.oldest_pass, len(chain.sealers)) == ("pass", 50, 0, 50)


def test_the_parts_can_be_used_one_by_one() -> None:
    header = split(THREE)
    sets = read_chain(header)
    digests = digest_body([THREE[header.body :]], wanted(sets))
    fields = SignedHeader(header.fields)
    assert asyncio.run(verify_read(sets, fields, digests, zone(), NOW)) == verified(THREE)
    assert asyncio.run(verify_read((), fields, {}, zone(), NOW)).status == "none"
    assert wanted(read_chain(split(b"ARC-Seal: i=1\r\n\r\n"))) == set()
