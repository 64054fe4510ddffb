"""What goes on is sealed with what was found of it; what cannot be sealed says why."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gatepost.checks.facts import Content
from gatepost.mailauth import arc
from gatepost.mailauth.arc import Chain, Status
from gatepost.mailauth.dkim import NotSigned, Signer
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key
from gatepost.reception.sealing import Sealing
from tests.zone import Zone

KEY = new_ed25519_key()
ZONE = Zone({"s1._domainkey.ours.example": {"TXT": [key_record(KEY)]}})
SEALING = Sealing(Signer("ours.example", "s1", KEY))
NOW = 1_795_000_000.0
RESULTS = b"Authentication-Results: gw.example;\r\n spf=pass smtp.mailfrom=a.example;\r\n dmarc=pass\r\n"
MESSAGE = b"From: a@a.example\r\nSubject: Hi\r\n\r\nHello.\r\n"


def content(data: bytes) -> Content:
    return Content(len(data), data)


def verified(data: bytes) -> Chain:
    header, body = content(data).opened()
    return asyncio.run(arc.verify(header, body, ZONE, NOW))


def sealed(data: bytes, chain: Chain) -> bytes:
    fields = SEALING.seal(content(data), chain, RESULTS, NOW)
    assert isinstance(fields, bytes), fields
    return fields + data


def test_a_seal_says_what_we_told_the_next_reader() -> None:
    chain = verified(RESULTS + sealed(MESSAGE, Chain(Status.NONE)))
    assert (chain.status, chain.domains) == ("pass", ("ours.example",))
    assert chain.sealers[0].results == "gw.example; spf=pass smtp.mailfrom=a.example; dmarc=pass"


def test_a_seal_stands_on_the_chain_that_was_found() -> None:
    one = sealed(MESSAGE, Chain(Status.NONE))
    two = sealed(one, Chain(Status.PASS, newest=1))
    assert (verified(two).status, verified(two).newest) == ("pass", 2)
    closed = verified(sealed(one, Chain(Status.FAIL, newest=1)))
    assert (closed.status, closed.newest, closed.ended) == ("fail", 2, True)


def test_a_content_on_disk_is_sealed_as_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "large"
    data = MESSAGE + b"a line of a larger message\r\n" * 10_000
    path.write_bytes(data)
    fields = SEALING.seal(Content(len(data), file=str(path)), Chain(Status.NONE), RESULTS, NOW)
    assert isinstance(fields, bytes)
    assert verified(fields + data).status == "pass"


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        (None, "nobody looked for a chain before it"),
        (Chain(Status.TEMPERROR, "DNS", newest=1), "nobody knows today whether the chain before it holds"),
        (Chain(Status.FAIL, "so", newest=1, ended=True), "a sealer before us found the chain broken"),
        (Chain(Status.FAIL, "so", newest=50), "50 sets already"),
    ],
)
def test_what_nobody_can_stand_for_is_not_sealed(chain: Chain | None, why: str) -> None:
    fields = SEALING.seal(content(MESSAGE), chain, RESULTS, NOW)
    assert isinstance(fields, NotSigned)
    assert why in fields.why


def test_a_content_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        SEALING.seal(Content(1, file=str(tmp_path / "gone")), Chain(Status.NONE), RESULTS, NOW)
