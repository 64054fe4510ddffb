"""Tag lists, "a=1; b=2": the form of DKIM signatures and keys, ARC fields and DMARC records (RFC 6376 §3.2).

The lowest piece of `mailauth`: it knows no tag by name. What a tag means, and whether one must be there, is for the
reader of the field or record to say. Linear time; the bound of the text is the caller's (a header, a DNS record).
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from msgspec import Struct

BLANK: Final = " \t"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# RFC 6376 §3.2 VALCHAR with the blanks between, and by RFC 8616 §3 what is not ASCII; U+FFFD stands for octets that
# are no UTF-8.
_FOREIGN = re.compile(r"[^ \t\x21-\x7e\xa0-\ufffc\U00010000-\U0010ffff]")


class BadTags(Struct, frozen=True, gc=False):
    """A text that is no tag list, and why, in words that go on from "it"."""

    why: str


def parse_tags(text: str) -> dict[str, str] | BadTags:
    """Read a tag list, folded or not, into values by name, in the order they stand; values lose outer blanks.

    Names and values keep their case (§3.2: "Tags MUST be interpreted in a case-sensitive manner"). One semicolon may
    stand behind the last tag, none may be doubled, and no tag may come twice.
    """
    text = text.replace("\r\n", "")
    if foreign := _FOREIGN.search(text):
        return BadTags(f"holds the character U+{ord(foreign[0]):04X}")
    tags: dict[str, str] = {}
    specs = text.split(";")
    if not specs[-1].strip(BLANK):
        specs.pop()
    for spec in specs:
        name, equals, value = spec.partition("=")
        name = name.strip(BLANK)
        if not equals or _NAME.fullmatch(name) is None:
            return BadTags(
                f"has no tag in {spec.strip(BLANK)[:40]!r}" if spec.strip(BLANK) else "has an empty tag"
            )
        if name in tags:
            return BadTags(f"has the tag {name[:40]}= twice")
        tags[name] = value.strip(BLANK)
    return tags


def without_blanks(value: str) -> str:
    """Drop the blanks that may stand anywhere in some values."""
    return value.replace(" ", "").replace("\t", "")


def parse_base64(value: str) -> bytes | None:
    """Read a base64 value, in which blanks mean nothing; None when it is none or is empty."""
    try:
        return binascii.a2b_base64(without_blanks(value), strict_mode=True) or None
    except ValueError:
        return None
