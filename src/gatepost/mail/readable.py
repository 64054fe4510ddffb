"""Text as a person reads it, so that what looks the same is the same: for what searches in words.

Between decoded text and those that search it. What is not seen is taken out, and what is a form of another letter
(full width, a ligature, a styled letter of mathematics) becomes that letter. Knows no check. Linear in time: marks
that pile up on one letter are cut first, since sorting them (Unicode normalization) takes the square of their number.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, NamedTuple

MAX_MARKS: Final = 30
"""Combining marks on one letter that are kept: as many as the Stream-Safe Text Format allows (UAX #15, D4)."""
_LAST_MARK: Final = 0x1F000
"""Behind it only emoji, ideographs and private characters are assigned: none combines."""

_UNSEEN: Final = (
    "\u00ad"  # soft hyphen
    "\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # joiners, marks of direction, fillers
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # controls that are no white space
)
_UNSEEN_WIDE: Final = "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f]+")
_LONG: Final = str.maketrans({"\ufdfa": " ", "\ufdfb": " "})
"""Phrases in one character, which would become 18 and 8 of them; no other becomes more than 6."""


class _Patterns(NamedTuple):
    """What is taken out, marks that are too many, and all marks.

    For text of the Basic Multilingual Plane alone they are classes that cost the same however much is in them.
    """

    unseen: re.Pattern[str]
    piled: re.Pattern[str]
    marks: re.Pattern[str]


def readable(text: str) -> str:
    """Give a text in the one form (NFKC) of all that read the same, without what is not seen. Raises nothing.

    It becomes six times as long at most.
    """
    if text.isascii():
        return _CONTROLS.sub("", text) if not text.isprintable() else text
    patterns = _patterns(wide=_is_wide(text))
    text = patterns.piled.sub(_cut, patterns.unseen.sub("", text))
    if "\ufdfa" in text or "\ufdfb" in text:
        text = text.translate(_LONG)
    return unicodedata.normalize("NFKC", text)


def without_marks(text: str) -> str:
    """Give a text that is `readable` without the marks on its letters: "Überweisung" as "Uberweisung"."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFKC", _patterns(wide=_is_wide(apart)).marks.sub("", apart))


def _is_wide(text: str) -> bool:
    """Tell whether there is a character beyond the Basic Multilingual Plane."""
    return len(text.encode("utf-16-le", "surrogatepass")) > 2 * len(text)


def _cut(run: re.Match[str]) -> str:
    return run[0][:MAX_MARKS]


@cache
def _patterns(*, wide: bool) -> _Patterns:
    last = _LAST_MARK if wide else 0xFFFF
    ranges: list[list[int]] = []
    for code in range(0x300, last):
        if unicodedata.combining(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    marks = "".join([f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges])
    return _Patterns(
        re.compile(f"[{_UNSEEN}{_UNSEEN_WIDE if wide else ''}]"),
        re.compile(f"[{marks}][{marks}]{{{MAX_MARKS},}}"),  # a class at the beginning is looked for in C
        re.compile(f"[{marks}]"),
    )
