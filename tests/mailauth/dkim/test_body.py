"""The body is canonical as RFC 6376 §3.4.3 and §3.4.4 say, however it is cut, and hashed once for all."""

from __future__ import annotations

import hashlib
import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.dkim.body import BodyDigest, BodyHash, BodyHasher, Canonical, digest_body
from gatepost.mailauth.dkim.hash import Hash
from tests.mailauth.dkim.letters import chunks

SIMPLE, RELAXED = BodyHash(Canonical.SIMPLE), BodyHash(Canonical.RELAXED)


def plainly(body: bytes, canonical: Canonical) -> bytes:
    """Say the same in the words of the RFC, without a thought for speed."""
    if canonical is Canonical.RELAXED:
        if body and not body.endswith(b"\r\n"):
            body += b"\r\n"
        body = re.sub(rb"[ \t]+\r\n", b"\r\n", body)
        body = re.sub(rb"[ \t]+", b" ", body)
    while body.endswith(b"\r\n"):
        body = body.removesuffix(b"\r\n")
    return body + b"\r\n" if body or canonical is Canonical.SIMPLE else b""


def digest(octets: bytes) -> BodyDigest:
    return BodyDigest(hashlib.sha256(octets).digest(), len(octets))


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n", b"\r\n", b""),
        (b"\r\n\r\n\r\n", b"\r\n", b""),
        (b" \t ", b" \t \r\n", b""),
        (b" \r\n\t\r\n", b" \r\n\t\r\n", b""),
        # RFC 6376 §3.4.5
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n", b"a\r\n\r\nb\r\n"),
        (b"a\r", b"a\r\r\n", b"a\r\r\n"),
        (b"a \r", b"a \r\r\n", b"a \r\r\n"),
        (b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n"),
        (b"a\n\r\n", b"a\n\r\n", b"a\n\r\n"),
        (b"a\n\n\r\n\r\n", b"a\n\n\r\n", b"a\n\n\r\n"),
        (b"\n\r\n", b"\n\r\n", b"\n\r\n"),
    ],
)
def test_the_canonical_body(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert digest_body([body], [SIMPLE, RELAXED]) == {SIMPLE: digest(simple), RELAXED: digest(relaxed)}
    octets = [body[at : at + 1] for at in range(len(body))]
    assert digest_body(octets, [SIMPLE, RELAXED]) == {SIMPLE: digest(simple), RELAXED: digest(relaxed)}


@given(
    st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b" ", b"\t", b"a", b"=20"]), max_size=30).map(b"".join),
    st.integers(0, 2**32),
    st.integers(0, 40),
)
def test_any_body_cut_anywhere_is_hashed_as_the_rfc_says_it(body: bytes, seed: int, limit: int) -> None:
    limited = [BodyHash(canonical, limit) for canonical in Canonical]
    found = digest_body(chunks(body, Random(seed)), [SIMPLE, RELAXED, *limited])
    for canonical in Canonical:
        octets = plainly(body, canonical)
        assert found[BodyHash(canonical)] == digest(octets)
        wanted = BodyDigest(hashlib.sha256(octets[:limit]).digest(), len(octets))
        assert found[BodyHash(canonical, limit)] == wanted


def test_a_body_is_hashed_by_the_hash_that_is_wanted() -> None:
    sha1 = BodyHash(Canonical.SIMPLE, by=Hash.SHA1)
    found = digest_body([b"a ", b"letter\r\n"], [sha1, SIMPLE])
    assert found[sha1].value == hashlib.sha1(b"a letter\r\n").digest()
    assert found[SIMPLE] == digest(b"a letter\r\n")


def test_a_body_of_which_nothing_is_wanted_is_not_read() -> None:
    assert BodyHasher([]).idle
    assert digest_body(iter(lambda: pytest.fail("read"), None), []) == {}


def test_runs_of_blanks_and_empty_lines_of_any_length_cost_no_memory_and_no_square_of_time() -> None:
    size = 200_000
    hasher = BodyHasher([SIMPLE, RELAXED])
    for _ in range(size):
        hasher.update(b" ")
    for _ in range(size):
        hasher.update(b"\r\n")
    hasher.update(b"x")
    found = hasher.digests()
    assert found[RELAXED] == digest(b"\r\n" * size + b"x\r\n")
    assert found[SIMPLE].octets == size + 2 * size + 3
