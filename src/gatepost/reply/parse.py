"""Take a reply apart: code, enhanced status and words, from whatever form someone has it in.

A reply may come as one line, as several ("550-..."), as a bare number, or inside a line of a log. Nothing is
too odd to be taken: what cannot be found is None or "". The cost is linear in the text, which is cut at a bound.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

BOUND: Final = 4096
_FIRST: Final = re.compile(
    r"(?:smtp;[ ]{0,8})?([2-5][0-9]{2})(?![0-9]|\.[0-9])(?=[\s\-:;,.(\[<#]|$)"
    r"(?:[\s\-:;,]{0,4}[(\[]?#?([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9]|\.[0-9])[)\]]?)?[\s:;,\-]{0,4}",
    re.IGNORECASE,
)
_INSIDE: Final = re.compile(
    r"(?<![\w.:\[\-])(([245])[0-9]{2})[ \-]\(?#?(?=\2\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9]))"
    r"|(?:said|replied|responded|response|reply|returned|error|smtp;|[>\])])[ ]?[:=]?[ ]?\"?(([245])[0-9]{2})"
    r"(?=[ \-:;,)\"]|$)"
    r"|:[ ]([245][0-9]{2})(?=[ \-]\S)",
    re.IGNORECASE,
)
_ENHANCED: Final = re.compile(r"(?<![\w.])([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9A-Za-z]|\.[0-9])")
_AGAIN: Final = re.compile(r"\s{1,4}([2-5][0-9]{2})[ \-](?:[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:\s|$))?")
_SUFFIX: Final = re.compile(r"\(([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(?: [0-9a-z]{13}(?:-[0-9]{1,9})?)?\)")


class Parsed(Struct, frozen=True):
    """A reply taken apart. `words` is the text without what stands before it, its lines joined by blanks.

    `names` are words in the form of our own suffix, "(entry-id ref)", the last one first.
    """

    text: str
    code: int | None
    enhanced: str
    words: str

    @property
    def bare(self) -> bool:
        """There is a number, and nothing else."""
        return not self.words

    def names(self) -> list[str]:
        """Give the words that stand where a reply of ours has its entry id, the last one first."""
        return _SUFFIX.findall(self.words)[::-1]


def parse(text: str) -> Parsed:
    """Take a text apart; what lies beyond BOUND characters is left out."""
    text = text[:BOUND].strip()
    first = _FIRST.match(text)
    if first is not None:
        code = int(first[1])
        enhanced = first[2] or ""
        words = text[first.end() :]
        if "\n" in words or text[first.end(1) : first.end(1) + 1] == "-":
            words = _joined(words, first[1])
        if not enhanced and words:
            enhanced = _enhanced(words, first[1][0])
        return Parsed(text, code, enhanced, words)
    inside = _INSIDE.search(text)
    if inside is not None:
        found = inside[1] or inside[3] or inside[5]
        words = _joined(text, found)
        return Parsed(text, int(found), _enhanced(text, found[0]), words)
    enhanced = _enhanced(text, "")
    return Parsed(text, None, enhanced, "" if enhanced == text else text)


def from_reply(code: int, enhanced: str, text: str) -> Parsed:
    """Build the same from a reply that is apart already."""
    words = text[:BOUND].replace("\n", " ")
    if not enhanced and words:
        enhanced = _enhanced(words, str(code)[0])
    shown = " ".join(filter(None, (str(code), enhanced if enhanced not in words else "", words)))
    return Parsed(shown, code, enhanced, words)


def _joined(words: str, code: str) -> str:
    def blank(match: re.Match[str]) -> str:
        return " " if match[1] == code else match[0]

    return _AGAIN.sub(blank, words).replace("\r", " ").replace("\n", " ")


def _enhanced(text: str, digit: str) -> str:
    """Find the enhanced code that agrees with the first digit; any, where that is not known."""
    for found in _ENHANCED.findall(text):
        if not digit or found[0] == digit:
            return str(found)
    return ""
