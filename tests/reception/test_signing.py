from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gatepost.checks.facts import Content
from gatepost.mail.fields import MAX_HEADER
from gatepost.mailauth.dkim import NotSigned, Result, Signer, verify
from gatepost.mailauth.dkim.keypair import key_record, new_ed25519_key
from gatepost.reception.signing import Signing
from tests.zone import Zone

KEY = new_ed25519_key()
ZONE = Zone({"s1._domainkey.ours.example": {"TXT": [key_record(KEY)]}})
SIGNING = Signing({"ours.example": (Signer("ours.example", "s1", KEY),)})
NOW = 1_795_000_000.0


def content(author: str, body: bytes = b"Hello.\r\n") -> Content:
    data = b"From: " + author.encode() + b"\r\nSubject: Hi\r\n\r\n" + body
    return Content(len(data), data)


@pytest.mark.parametrize("author", ["a@ours.example", "a@mail.OURS.example"])
def test_what_an_author_of_ours_wrote_is_signed_so_that_it_verifies(author: str) -> None:
    given = content(author)
    field = SIGNING.sign(given, NOW)
    assert isinstance(field, bytes)
    signed = field + given.data
    header, body = Content(len(signed), signed).opened()
    [verified] = asyncio.run(verify(header, body, ZONE, NOW))
    assert (verified.result, verified.domain) == (Result.PASS, "ours.example")


def test_other_authors_are_not_signed_for() -> None:
    assert SIGNING.sign(content("a@elsewhere.example"), NOW) is None
    assert SIGNING.sign(content("a@notours.example"), NOW) is None
    assert not Signing({})


def test_what_cannot_be_signed_says_why() -> None:
    data = b"From: a@ours.example\r\nX: " + b"x" * MAX_HEADER
    endless = Content(len(data), data)
    unsigned = SIGNING.sign(endless, NOW)
    assert isinstance(unsigned, NotSigned)
    assert "header is longer" in unsigned.why


def test_a_content_on_disk_is_signed_like_one_in_memory(tmp_path: Path) -> None:
    given = content("a@ours.example", b"line\r\n" * 50_000)
    (tmp_path / "content").write_bytes(given.data)
    on_disk = Content(given.size, file=str(tmp_path / "content"))
    assert SIGNING.sign(on_disk, NOW) == SIGNING.sign(given, NOW)
