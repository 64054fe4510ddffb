"""Taking a message apart costs no more than its size allows, however it is made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from gatepost.mail.mime import Trick, View, view
from gatepost.mail.mime.bounds import MAX_DEPTH, MAX_PARTS, Effort

HEAD = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
BASE64 = b"Content-Transfer-Encoding: base64\r\n\r\n"


def repeated(piece: bytes, head: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: head + piece * (size // len(piece))


def nested(size: int) -> bytes:
    return b"".join(
        [
            b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at)
            for at in range(size // 60)
        ]
    )


SHAPES: dict[str, Callable[[int], bytes]] = {
    "delimiters": repeated(b"--b\n", HEAD),
    "delimiters that go on": repeated(b"--bx\n", HEAD),
    "closing delimiters": repeated(b"--b--\n", HEAD),
    "delimiters that end in CR": repeated(b"--b\r", HEAD),
    "dashes": repeated(b"-", HEAD),
    "delimiters in one line": repeated(b"--b", HEAD),
    "semicolons": repeated(b";", b"Content-Type: text/plain"),
    "parameters": repeated(b"a=b ", b"Content-Type: text/plain; "),
    "opening brackets": repeated(b"(", b"Content-Type: text/plain"),
    "comments": repeated(b"()", b"Content-Type: text/plain"),
    "nested comments": lambda size: b"Content-Type: text/plain" + b"(" * (size // 2) + b")" * (size // 2),
    "quotes": repeated(b'a="\\', b"Content-Type: text/plain; "),
    "types": repeated(b"Content-Type: multipart/mixed; boundary=a (x)\r\n"),
    "fields": repeated(b"a:\n"),
    "lines that are no fields": repeated(b"a\n"),
    "empty folds": repeated(b" \r\n", b"Subject: s\r\n"),
    "empty lines": repeated(b"\r\n"),
    "CRs": repeated(b"\r"),
    "encoded words": repeated(b"=?", b"Subject: "),
    "encoded words in addresses": repeated(b"<=?a?q?b", b"From: "),
    "multiparts in multiparts": nested,
    "messages in messages": repeated(b"Content-Type: message/rfc822\r\n\r\n"),
    "headers that end twice": repeated(b"Content-Type: multipart/mixed; boundary=b\njunk\n--b\n"),
    "headers that begin twice": repeated(b"\nContent-Type: message/rfc822\njunk\n \n\n"),
    "padding": repeated(b"A=", BASE64),
    "junk in base64": repeated(b"QU!", BASE64),
    "soft line breaks": repeated(b"= ", b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"),
    "uuencoded files without an end": repeated(b"begin 644 a\n", b"\r\n"),
    "uuencoded files": repeated(b"begin 644 a\n#86)C\nend\n", b"\r\n"),
}


def calls(message: bytes) -> int:
    """Count the steps that the interpreter takes: calls, of C functions too, and loops by the lines they go over."""
    counted = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal counted
        counted += 1

    sys.setprofile(count)
    try:
        taken = view(message)
        consume(taken)
    finally:
        sys.setprofile(None)
    return counted


def consume(taken: View) -> None:
    for part in taken.leaves:
        part.texts()
    assert taken.ambiguities is not None


def decoded_octets(taken: View) -> int:
    return sum(len(reading) for part in taken.leaves for reading in part.readings())


def kept_octets(taken: View) -> int:
    return sum(len(reading) for part in taken.parts for kept in part.kept for reading in kept.readings)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_size_costs_no_more_than_twice_the_steps(shape: str) -> None:
    small, large = (calls(SHAPES[shape](size)) for size in (100_000, 200_000))
    assert large < 2.2 * small + 2000


@pytest.mark.parametrize("shape", SHAPES)
def test_parts_depth_and_octets_stay_within_their_bounds(shape: str) -> None:
    message = SHAPES[shape](200_000)
    taken = view(message)
    assert len(taken.parts) <= MAX_PARTS
    assert max(part.number.count(".") for part in taken.parts) <= MAX_DEPTH
    assert decoded_octets(taken) <= 8 * (4 * len(message) + (1 << 20))
    assert kept_octets(taken) <= 4 * len(message) + (1 << 20)


def bounded() -> Iterator[tuple[str, Trick, bytes]]:
    yield "parts", Trick.TOO_MANY_PARTS, SHAPES["delimiters"](100_000)
    yield "levels", Trick.TOO_DEEP, nested(10_000)
    yield "octets of header", Trick.HEADER_TOO_LONG, b"Subject: " + b"s" * 300_000 + b"\r\n\r\n"
    yield "lines of header", Trick.HEADER_TOO_LONG, b"a:b\r\n" * 6000 + b"\r\n"


@pytest.mark.parametrize(("what", "trick", "message"), list(bounded()), ids=lambda value: str(value)[:20])
def test_what_lies_beyond_a_bound_is_said_and_stays_whole(what: str, trick: Trick, message: bytes) -> None:
    payload = b"\r\n\r\nBEYOND-THE-BOUND"
    taken = view(message + payload)
    assert trick in {ambiguity.name for ambiguity in taken.ambiguities}
    assert any(payload.strip() in reading for part in taken.leaves for reading in part.readings())


def test_a_field_beyond_the_bound_tells_what_the_part_is_all_the_same() -> None:
    message = b"a:b\r\n" * 6000 + b"Content-Transfer-Encoding: base64\r\n\r\nUEFZTE9BRA=="
    assert view(message).root.readings()[0] == b"PAYLOAD"


def test_effort_is_spent_once() -> None:
    effort = Effort(0)
    assert effort.look(1 << 20)
    assert not effort.look(1)
    assert effort.again(1 << 20)
    assert not effort.again(1)
    assert [effort.part() for _ in range(MAX_PARTS + 1)] == [True] * MAX_PARTS + [False]
