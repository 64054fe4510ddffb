"""A chain is read from a header when it is whole; what is wrong with it is said."""

from __future__ import annotations

import re

import pytest
from msgspec import structs

from gatepost.mail.fields import split
from gatepost.mailauth.arc.chain import MAX_SETS, BrokenChain, new_seal_digest, read_chain, seal_digests
from gatepost.mailauth.dkim.signature import BadSignature, Signature
from tests.mailauth.arc.chains import HOPS, sealed_by
from tests.mailauth.dkim.letters import LETTER

TWO = sealed_by(2)


def field(name: bytes, instance: int, message: bytes = TWO) -> bytes:
    return next(
        one.raw
        for one in split(message).fields
        if one.raw.startswith(name) and re.search(rb"\bi=%d;" % instance, one.raw)
    )


def broken(message: bytes) -> BrokenChain:
    chain = read_chain(split(message))
    assert isinstance(chain, BrokenChain), chain
    return chain


def test_no_fields_are_no_chain() -> None:
    assert read_chain(split(LETTER)) == ()


def test_sets_are_read_in_the_order_of_their_instances_wherever_they_stand() -> None:
    header = split(TWO)
    for fields in (header.fields, header.fields[::-1]):
        sets = read_chain(structs.replace(header, fields=fields))
        assert not isinstance(sets, BrokenChain)
        assert [one.instance for one in sets] == [1, 2]
        assert [one.seal.domain for one in sets] == list(HOPS[:2])
        assert [one.seal.found for one in sets] == ["none", "pass"]
        assert [one.results for one in sets] == ["first.test; arc=none", "second.test; arc=pass"]


@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
@pytest.mark.parametrize("instance", [1, 2])
def test_each_instance_has_each_field_once(name: bytes, instance: int) -> None:
    one = field(name, instance)
    chain = broken(TWO.replace(one, b""))
    assert f"has no {name.decode()}" in chain.why
    assert chain.newest == 2
    assert f"more than one {name.decode()}" in broken(one + TWO).why
    assert "has no" in broken(TWO.replace(one, re.sub(rb"\bi=\d", b"i=5", one))).why


@pytest.mark.parametrize("text", [b"i=0", b"i=51", b"i=x", b"i=", b"i=001", b"x=1"])
@pytest.mark.parametrize("name", [b"ARC-Seal", b"ARC-Message-Signature", b"ARC-Authentication-Results"])
def test_an_instance_is_a_number_from_one_to_fifty(name: bytes, text: bytes) -> None:
    one = field(name, 1)
    chain = broken(TWO.replace(one, re.sub(rb"\bi=1", text, one)))
    assert f"does not say which of at most {MAX_SETS} it is" in chain.why


def test_comments_may_stand_around_the_instance_of_results() -> None:
    one = field(b"ARC-Authentication-Results", 1)
    sets = read_chain(split(TWO.replace(one, one.replace(b" i=1;", b" (a) i = (b) 1\r\n ;"))))
    assert not isinstance(sets, BrokenChain)
    assert sets[0].results == "first.test; arc=none"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (b"cv=none", b"cv=pass", "says cv=pass, where only cv=none"),
        (b"cv=none", b"cv=None", "says cv=None, where only cv=none"),
        (b"cv=none", b"cv=", "no cv="),
        (b"cv=none", b"h=from; cv=none", "has an h="),
        (b"a=rsa-sha256", b"a=rsa-md5", "made in a way that nobody knows: a=rsa-md5"),
        (b"d=first.test", b"d=", "no d="),
        (b"s=s", b"s=", "no s="),
        (b"b=", b"b=!", "b= is not base64"),
        (b"t=", b"t=x", "t= is no number"),
        (b"cv=none", b"cv=none; cv=none", "twice"),
        (b"cv=none", b"; cv=none", "empty tag"),
    ],
)
def test_a_bad_seal_breaks_the_chain(old: bytes, new: bytes, why: str) -> None:
    one = field(b"ARC-Seal", 1)
    assert why in broken(TWO.replace(one, one.replace(old, new, 1))).why


def test_the_last_sealer_may_end_the_chain() -> None:
    one = field(b"ARC-Seal", 2)
    chain = broken(TWO.replace(one, one.replace(b"cv=pass", b"cv=fail")))
    assert chain.ended
    assert "instance 2 found the chain broken" in chain.why
    first = field(b"ARC-Seal", 1)
    assert not broken(TWO.replace(first, first.replace(b"cv=none", b"cv=fail"))).ended


def test_an_old_signature_may_be_bad() -> None:
    one = field(b"ARC-Message-Signature", 1)
    for old, new, why in ((b"bh=", b"bh=!", "bh="), (b"h=from", b"h=arc-seal:from", "covers an ARC-Seal")):
        sets = read_chain(split(TWO.replace(one, one.replace(old, new, 1))))
        assert not isinstance(sets, BrokenChain)
        assert isinstance(sets[0].signature, BadSignature)
        assert why in sets[0].signature.why
        assert isinstance(sets[1].signature, Signature)


def test_a_header_without_end_holds_no_chain() -> None:
    header = structs.replace(split(TWO), whole=False)
    chain = read_chain(header)
    assert isinstance(chain, BrokenChain)
    assert "more than" in chain.why


def test_what_each_seal_signs_is_found_in_one_pass_as_one_by_one() -> None:
    sets = read_chain(split(sealed_by(3)))
    assert not isinstance(sets, BrokenChain)
    assert seal_digests(sets) == [
        new_seal_digest(sets[:number], one.results_field, one.signature_field, one.seal.field)
        for number, one in enumerate(sets)
    ]
