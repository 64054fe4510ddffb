"""Messages are signed so that nothing a reader sees can be changed or added, and always alike."""

from __future__ import annotations

import re

from msgspec import structs

from gatepost.mail.fields import split
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.header import SignedHeader
from gatepost.mailauth.dkim.sign import NotSigned, sign, signed_names
from tests.mailauth.dkim.letters import LETTER, Scribe, ed25519_signer, results, rsa_signer, signed
from tests.mailauth.zone import NOW

SIGNERS = [
    make(header, body) for make in (rsa_signer, ed25519_signer) for header in Canonical for body in Canonical
]


def test_what_is_signed_passes_in_every_way() -> None:
    for seed in range(20):
        message = signed(Scribe(seed).message(), *SIGNERS)
        assert [one.result for one in results(message)] == ["pass"] * len(SIGNERS)


def test_the_same_gives_the_same_octets() -> None:
    assert signed(LETTER, *SIGNERS) == signed(LETTER, *SIGNERS)


def test_the_fields_are_folded_and_plain() -> None:
    for seed in range(20):
        message = Scribe(seed).message()
        for line in signed(message, *SIGNERS).removesuffix(message).split(b"\r\n"):
            assert len(line) <= 78
            assert line.isascii()
            assert not line.endswith(b" ")


def test_what_a_reader_is_shown_is_signed_once_more_than_it_is_there() -> None:
    names = signed_names(SignedHeader(split(LETTER).fields))
    counts = {name: names.count(name) for name in names}
    assert {name: counts[name] for name in ("from", "to", "subject", "cc", "reply-to")} == {
        "from": 2,
        "to": 2,
        "subject": 2,
        "cc": 1,
        "reply-to": 1,
    }
    assert counts["content-type"] == 2
    assert "received" not in names
    assert "sender" not in names
    listed = signed_names(SignedHeader(split(b"List-Id: <a.test>\r\n" + LETTER).fields))
    assert listed.count("list-id") == 1


def test_a_lifetime_is_told() -> None:
    assert b"x=" not in signed(LETTER)
    field = signed(LETTER, structs.replace(rsa_signer(), lifetime=60)).removesuffix(LETTER)
    assert re.findall(rb"\b[tx]=([0-9]+)", field) == [b"%d" % NOW, b"%d" % (NOW + 60)]


def test_a_header_without_end_is_not_signed() -> None:
    header = structs.replace(split(LETTER), whole=False)
    assert isinstance(sign(header, [], [rsa_signer()], NOW), NotSigned)


def test_a_header_that_would_go_on_what_is_put_before_it_is_not_signed() -> None:
    refused = sign(split(b" none\r\n" + LETTER), [], [rsa_signer()], NOW)
    assert isinstance(refused, NotSigned)
    assert "begins with a blank" in refused.why
