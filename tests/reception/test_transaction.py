from __future__ import annotations

import errno
import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.path import Mailbox
from gatepost.reception.transaction import Transaction, in_common
from gatepost.smtp.command import Mail
from gatepost.spool.embedded import EmbeddedSpool, SpoolSettings

MEMORY = 4096
_numbers = itertools.count(1)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[EmbeddedSpool]:
    spool = EmbeddedSpool(tmp_path / "0", time.time, lambda *_: None, SpoolSettings(min_free=0))
    yield spool
    spool.close()


def begun(spool: EmbeddedSpool) -> Transaction:
    return Transaction(f"7zq4k0v3m8x2a-{next(_numbers)}", Mail(Mailbox("a", "x.test")), spool, MEMORY, 0.0)


def whole(transaction: Transaction) -> bytes:
    return b"".join(transaction.content().chunks())


def test_a_small_content_stays_in_memory(spool: EmbeddedSpool) -> None:
    transaction = begun(spool)
    for piece in (b"Subject: One\r\n", b"\r\n", b"Text.\r\n"):
        transaction.add(piece)
    assert whole(transaction) == b"Subject: One\r\n\r\nText.\r\n"
    assert transaction.content().file == ""
    assert transaction.size == transaction.content().size == 23


def test_an_empty_content_is_a_content(spool: EmbeddedSpool) -> None:
    assert whole(begun(spool)) == b""


def test_what_is_larger_than_the_memory_for_it_goes_to_disk_in_order(spool: EmbeddedSpool) -> None:
    transaction = begun(spool)
    pieces = [bytes([65 + n]) * 1000 for n in range(20)]
    for piece in pieces:
        transaction.add(piece)
    assert transaction.content().file != ""
    assert whole(transaction) == b"".join(pieces)
    transaction.discard()
    assert transaction.incoming is None


def test_discarding_leaves_no_file(spool: EmbeddedSpool) -> None:
    transaction = begun(spool)
    transaction.add(b"x" * (MEMORY + 1))
    path = Path(transaction.content().file)
    assert path.exists()
    transaction.discard()
    transaction.discard()
    assert not path.exists()


@pytest.mark.parametrize(("content", "eightbit"), [(b"plain", False), ("zoë".encode(), True)])
@pytest.mark.parametrize("before", [0, MEMORY + 1])
def test_octets_beyond_ascii_are_noticed_wherever_the_content_is_kept(
    spool: EmbeddedSpool, content: bytes, eightbit: bool, before: int
) -> None:
    transaction = begun(spool)
    transaction.add(b"x" * before)
    transaction.add(content)
    assert transaction.eightbit is eightbit
    transaction.discard()


def test_a_disk_that_refuses_is_remembered_and_the_rest_goes_by(spool: EmbeddedSpool, tmp_path: Path) -> None:
    transaction = begun(spool)
    (tmp_path / "0" / f"{transaction.id}.content").write_bytes(b"in the way")
    for _ in range(3):
        transaction.add(b"x" * MEMORY)
    assert transaction.failure is not None
    assert transaction.failure.errno == errno.EEXIST
    assert transaction.size == 3 * MEMORY
    assert transaction.incoming is None


def test_what_was_found_for_each_recipient_counts_for_the_message(spool: EmbeddedSpool) -> None:
    def found(*names: str) -> tuple[Finding, ...]:
        return tuple([Finding(check="c", stage=Stage.RCPT, result=Result.FOUND, name=name) for name in names])

    transaction = begun(spool)
    before = found("spf-fail")
    transaction.take(Mailbox("postmaster@x.test", "x.test"), before, found("to-postmaster", "sender-allowed"))
    assert transaction.common == found("to-postmaster", "sender-allowed")
    transaction.take(Mailbox("b@x.test", "x.test"), before, found("sender-allowed"))
    assert transaction.common == found("sender-allowed")
    assert transaction.findings == before
    assert len(transaction.recipients) == 2


def test_what_counts_for_the_message_was_found_for_each_recipient() -> None:
    def found(*names: str) -> list[Finding]:
        return [Finding(check="c", stage=Stage.RCPT, result=Result.FOUND, name=name) for name in names]

    first = in_common(None, found("a", "b"))
    assert [finding.name for finding in first] == ["a", "b"]
    assert [finding.name for finding in in_common(first, found("b", "c"))] == ["b"]
    assert in_common((), found("a")) == ()


def test_what_was_found_for_one_recipient_alone_is_told_apart(spool: EmbeddedSpool) -> None:
    def found(*names: str) -> tuple[Finding, ...]:
        return tuple([Finding(check="c", stage=Stage.RCPT, result=Result.FOUND, name=name) for name in names])

    transaction = begun(spool)
    transaction.take(Mailbox("postmaster", "x.test"), (), found("to-postmaster", "sender-allowed"))
    assert transaction.alone() == [()]
    transaction.take(Mailbox("b", "x.test"), (), found("sender-allowed"))
    assert transaction.alone() == [found("to-postmaster"), ()]
