"""Bodies without their transfer encoding, in every way that readers do it (RFC 2045 §6).

Under `Part.readings`. A decoder that meets what base64 does not have may skip it, stop there, or begin anew behind
padding; what each gets is a reading. Linear, and no larger than what comes in, times MAX_READINGS.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_qp
from contextlib import suppress
from typing import Final

from msgspec import Struct
from pybase64 import b64decode

from gatepost.mail.mime.ambiguity import Trick
from gatepost.mail.mime.bounds import MAX_READINGS
from gatepost.mail.mime.uuencode import body as uudecoded

IDENTITY: Final = frozenset(("", "7bit", "8bit", "binary"))
UUENCODE: Final = frozenset(("x-uuencode", "uuencode", "x-uue", "uue"))
KNOWN: Final = IDENTITY | UUENCODE | {"base64", "quoted-printable"}
_ALPHABET: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_ALPHABET: Final = bytes(sorted(set(range(256)) - set(_ALPHABET)))
_EXPECTED: Final = _ALPHABET + b"=\r\n \t"
_SPACE: Final = b" \t\r\n"
_JUNK: Final = re.compile(rb"[^A-Za-z0-9+/=\s]")
_DATA: Final = re.compile(rb"[A-Za-z0-9+/]")
_BLANK_LINE: Final = re.compile(rb"\n[ \t]*\r?\n")
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_SPACED_BREAK: Final = re.compile(rb"=[ \t]{1,200}(?=\r?\n)")
_BARE_BREAK: Final = re.compile(rb"=\r(?!\n)")
_MAX_PIECES: Final = 1000


class Decoded(Struct, frozen=True, gc=False):
    """The readings of a body, the usual first, none twice; and what makes them differ, in words."""

    readings: tuple[bytes, ...]
    doubts: tuple[tuple[Trick, str], ...] = ()


def decoded(raw: bytes, encodings: tuple[str, ...]) -> Decoded:
    """Decode a body that may be in each of these encodings (lower case); one that nobody knows is none."""
    if len(encodings) == 1:
        return _decoded(raw, encodings[0])
    readings: dict[bytes, None] = {}
    doubts: dict[tuple[Trick, str], None] = {}
    for encoding in encodings[:MAX_READINGS]:
        one = _decoded(raw, encoding)
        readings.update(dict.fromkeys(one.readings))
        doubts.update(dict.fromkeys(one.doubts))
    return Decoded(tuple(readings)[:MAX_READINGS], tuple(doubts))


def _decoded(raw: bytes, encoding: str) -> Decoded:
    if encoding == "base64":
        return base64(raw)
    if encoding == "quoted-printable":
        return Decoded((quoted_printable(raw),))
    if encoding in UUENCODE:
        return Decoded((uudecoded(raw),))
    return Decoded((raw,))


def quoted_printable(raw: bytes) -> bytes:
    """Decode quoted-printable; what is none stays as it is. Space behind a soft line break is read over."""
    if b"= " in raw or b"=\t" in raw:
        raw = _SPACED_BREAK.sub(b"=", raw)
    if _BARE_BREAK.search(raw):  # a2b_qp would drop all up to the next LF
        raw = _BARE_BREAK.sub(b"=\r\n", raw)
    return a2b_qp(raw)


def base64(raw: bytes) -> Decoded:
    """Decode base64 as decoders do that skip what is none, that stop at it, and that begin anew behind padding."""
    padding = raw.find(b"=")
    at_end = padding < 0 or (len(raw) - padding < 256 and not raw[padding:].strip(b"=\r\n \t"))
    if at_end and not raw.translate(None, _EXPECTED):
        with suppress(Base64Error):  # not padded, or cut
            return Decoded((b64decode(raw),))
    return _broken_base64(raw, padding)


def _broken_base64(raw: bytes, padding: int) -> Decoded:
    """Decode what has other octets, no end, or padding before its end."""
    junk = _JUNK.search(raw)
    readings = [_skipping(raw)]
    doubts: list[tuple[Trick, str]] = []
    behind = _DATA.search(raw, padding) if padding >= 0 else None
    if behind is not None:
        pieces = raw.split(b"=", _MAX_PIECES)
        readings += [_skipping(raw[:padding]), b"".join([_skipping(piece) for piece in pieces])]
        footer = junk is not None and junk.start() > padding
        doubts.append(
            (Trick.BASE64_TRAILING, "text follows the end of the base64 data; some readers decode it too")
            if footer
            else (
                Trick.BASE64_PADDING,
                "base64 goes on behind padding, where some readers stop and others go on",
            )
        )
    if junk is not None:
        at = junk.start()
        readings.append(_skipping(raw[:at]))
        if b"-" in raw or b"_" in raw:
            readings.append(_skipping(raw.translate(_URL_SAFE)))
        if behind is None or at < padding:
            blank = _BLANK_LINE.search(raw, 0, at)
            doubts.append(
                (Trick.BASE64_TRAILING, "text follows the base64 data behind a blank line")
                if blank is not None
                else (
                    Trick.BASE64_JUNK,
                    f"the base64 data has octets that are none ({junk[0]!r}); some readers skip them, others stop",
                )
            )
    elif not doubts and len(raw.translate(None, _SPACE)) % 4:
        doubts.append((Trick.BASE64_UNPADDED, "the base64 data is not padded; some readers drop its end"))
    readings.append(raw)  # as readers show it that give up
    return Decoded(tuple(dict.fromkeys(readings)), tuple(doubts))


def _skipping(raw: bytes) -> bytes:
    digits = raw.translate(None, _NOT_ALPHABET)
    over = len(digits) % 4
    if over == 1:
        digits = digits[:-1]
    elif over:
        digits += b"=="[over - 2 :]
    return b64decode(digits) if digits else b""
