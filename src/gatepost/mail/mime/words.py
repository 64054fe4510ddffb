"""Encoded words (RFC 2047) in the header of a message that are there to deceive: within addresses, within each other.

Under `View.ambiguities`; the names of files have their own look (`names`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.mail.header import decode_words
from gatepost.mail.mime.ambiguity import Ambiguity, Trick
from gatepost.mail.mime.bounds import MAX_VALUE
from gatepost.mail.mime.part import Part

_ADDRESSES: Final = frozenset(("from", "to", "cc", "bcc", "sender", "reply-to", "return-path"))
_WORD: Final = re.compile(rb"=\?[^?\s]{1,100}\?[A-Za-z0-9]\?([^?\s]*+)\?=")
_WITHIN_ADDRESS: Final = re.compile(
    rb"<[^<>\s]{0,200}=\?[^?\s]{1,40}\?[bBqQ]\?[^<>]{0,400}>|=\?[^?\s]{1,40}\?[bBqQ]\?[^?\s@]{0,200}\?=@"
)
_OPEN: Final = re.compile(rb"=\?[A-Za-z0-9_*-]{1,40}\?[bBqQ]\?")
_LONGEST: Final = 75
"""Characters, RFC 2047 §2."""
_FAR_TOO_LONG: Final = 1000


def word_doubts(part: Part) -> Iterator[Ambiguity]:
    """Look at the fields of a message."""
    for field in part.fields:
        if b"=?" not in field.value:
            continue
        for name, words in _doubts(field.name, field.value[:MAX_VALUE]):
            yield Ambiguity(name, part.number, words)


def _doubts(name: str, value: bytes) -> Iterator[tuple[Trick, str]]:
    if name in _ADDRESSES and _WITHIN_ADDRESS.search(value):
        yield Trick.ENCODED_WORD_ADDRESS, f"an encoded word stands within an address of the field {name}"
    lengths = [len(word[0]) for word in _WORD.finditer(value)]
    if lengths and max(lengths) > _LONGEST:
        far = (
            f"an encoded word of {max(lengths)} characters in the field {name}, where {_LONGEST} are allowed"
        )
        yield Trick.ENCODED_WORD_LONG, far
    if len(_OPEN.findall(value)) > len(lengths):
        yield Trick.ENCODED_WORD_BROKEN, f"an encoded word in the field {name} is broken"
    text = value.decode("utf-8", "replace")
    decoded = decode_words(text)
    if lengths and "=?" in decoded and decode_words(decoded) != decoded:
        yield Trick.ENCODED_WORD_NESTED, f"an encoded word stands within an encoded word of the field {name}"
