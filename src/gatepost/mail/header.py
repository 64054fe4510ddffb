"""A glance at a header block: the few fields that a person knows a message by, and how often it was relayed.

Taken once per message for its record; the content itself is never changed by it. It is no parser of
messages: it takes the first field of a name, reads over what is broken, and looks no further than the first
64 KiB.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, a2b_qp
from typing import Final

from msgspec import Struct

MAX_HEADER: Final = 1 << 16
MAX_VALUE: Final = 200  # characters
_MAX_RAW: Final = (
    2000  # octets of a field that are looked at: 200 characters as encoded words, several times over
)
_WORD: Final = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?\s]*)\?=")
# Only these: the codecs module keeps every name it is asked for, and not all of its codecs are charsets.
_CHARSETS: Final = {
    **{
        name: name
        for name in (
            *("utf-8", "utf-7", "utf-16", "utf-16le", "utf-16be", "koi8-r", "koi8-u", "macintosh", "tis-620"),
            *("big5", "gb18030", "gbk", "euc-jp", "euc-kr", "iso-2022-jp", "iso-2022-kr", "shift_jis"),
            *("cp437", "cp850", "cp866", "cp932", "cp949", "cp1251", "cp1252"),
            *(f"windows-{number}" for number in range(1250, 1259)),
            *(f"iso-8859-{number}" for number in range(1, 17) if number != 12),
        )
    },
    "us-ascii": "utf-8",  # what is labelled so and has 8-bit octets is UTF-8 more often than anything else
    "utf8": "utf-8",
    "gb2312": "gbk",  # its superset, which is what writers of "gb2312" mean
    "ks_c_5601-1987": "cp949",
    "big5-hkscs": "big5hkscs",
    "windows-874": "cp874",
}


class Glance(Struct, frozen=True, gc=False):
    """Fields as given: decoded, in one line of printable characters, cut to 200; "" where there is none.

    `hops` is the number of Received fields (RFC 5321 §6.3 counts them to find loops). `claims` tells that a field
    may be there which is only ours to write, `automatic` that a program answered (RFC 3834 §5).
    """

    header_from: str
    subject: str
    message_id: str
    hops: int
    claims: bool = False
    automatic: bool = False


def glance(content: bytes) -> Glance:
    """Look at the header of a content, or of its first 64 KiB. Never raises."""
    end = content.find(b"\r\n\r\n", 0, MAX_HEADER)
    if content.startswith(b"\r\n"):
        end = 0
    block = b"\n" + content[: MAX_HEADER if end < 0 else end]
    lower = block.lower()
    return Glance(
        _field(block, lower, b"\nfrom:"),
        _field(block, lower, b"\nsubject:"),
        _field(block, lower, b"\nmessage-id:"),
        lower.count(b"\nreceived:"),
        b"\nauthentication-results" in lower or b"\nx-gatepost-marks" in lower,
        b"\nauto-submitted:" in lower and b"\nauto-submitted: no\r" not in lower,
    )


def _field(block: bytes, lower: bytes, name: bytes) -> str:
    start = lower.find(name)
    if start < 0:
        return ""
    start += len(name)
    limit = start + _MAX_RAW
    end = block.find(b"\n", start, limit)
    while end >= 0 and block[end + 1 : end + 2] in (b" ", b"\t"):  # a folded field goes on, RFC 5322 §2.2.3
        end = block.find(b"\n", end + 1, limit)
    raw = block[start:limit] if end < 0 else block[start:end]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    if "=?" in text:
        text = decode_words(text)
    text = text.strip()
    if not text.isprintable():
        text = _printable(text)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"


def _printable(text: str) -> str:
    """Put a text with folds, controls or marks that turn the direction of writing into one plain line."""
    text = " ".join(text.split())
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def decode_words(text: str) -> str:
    """Decode the encoded words of RFC 2047; what is none, or cannot be decoded, stays as it is."""
    out: list[str] = []
    octets, charset, at = b"", "", 0  # of the words that follow each other in one charset
    for word in _WORD.finditer(text):
        label = word[1].partition("*")[0].lower()  # RFC 2231 §5: a language may follow the charset
        known = _CHARSETS.get(label, "")
        piece = _octets(word[2], word[3]) if known else None
        between = text[at : word.start()]
        if piece is None:
            out.append(_text(octets, charset) + between + word[0])
            octets = b""
        elif octets and known == charset and (not between or between.isspace()):
            # RFC 2047 §6.2: space between words is not shown. Mailers cut within a character, so join first.
            octets += piece
        else:
            out.append(_text(octets, charset))
            if not (octets and between.isspace()):
                out.append(between)
            octets, charset = piece, known
        at = word.end()
    out.append(_text(octets, charset) + text[at:])
    return "".join(out)


def known_charset(label: str) -> str:
    """Give the codec for a charset (its name in lower case), "" when it is none that mail has."""
    return _CHARSETS.get(label, "")


def _octets(encoding: str, encoded: str) -> bytes | None:
    try:
        if encoding in "bB":
            return a2b_base64(encoded + "==")
        return a2b_qp(encoded, header=True)
    except (Base64Error, ValueError):
        return None


def _text(octets: bytes, charset: str) -> str:
    return octets.decode(charset, "replace") if octets else ""
