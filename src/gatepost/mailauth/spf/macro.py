"""Macro strings (RFC 7208 §7): their grammar, read once into parts, and their expansion.

Below `record`, which reads its domain-specs by it, and `evaluation`, which knows the values. A text that is none
becomes a `BadMacro` that says why. Time is linear in the text; an expansion is no longer than the text times the
longest value (thrice that where it is escaped for a URL).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from msgspec import Struct

# §7.2: c, r and t may stand in explanations only.
LETTERS: Final = "slodiphv"
EXPLANATION_LETTERS: Final = LETTERS + "crt"

_MACRO = re.compile(
    # letter, digits, "r", delimiters; or an escape
    r"%(?:\{([a-z])([0-9]*)(r?)([.+,/_=-]*)\}|([%_-]))",
    re.IGNORECASE | re.ASCII,
)
_ESCAPES: Final = {"%": "%", "_": " ", "-": "%20"}
# Visible characters, and in explanations the space (§6.2); "%" begins a macro or is an error.
_VISIBLE = re.compile(r"[!-~]*")
_VISIBLE_OR_SPACE = re.compile(r"[ -~]*")
# §7.1: letters, digits and inner hyphens, not digits alone.
_TOPLABEL = re.compile(r"(?=[0-9]*[A-Za-z-])[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_IP4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:/[0-9]+)?")
# More digits than that are more parts than any value has.
_DIGITS: Final = 4


class Macro(Struct, frozen=True, gc=False):
    """One macro: its letter in lower case, and what is done to the value that it stands for.

    `keep` is how many parts on the right are kept, 0 for all. `delimiters` part the value; "" means the dot.
    """

    letter: str
    keep: int = 0
    reverse: bool = False
    delimiters: str = ""
    url: bool = False

    def of(self, value: str) -> str:
        """Give the value transformed (§7.3), then escaped for a URL where the letter was a capital."""
        if self.keep or self.reverse or self.delimiters:
            delimiters = self.delimiters or "."
            for other in delimiters[1:]:
                value = value.replace(other, delimiters[0])
            parts = value.split(delimiters[0])
            if self.reverse:
                parts.reverse()
            value = ".".join(parts[-self.keep :])
        return quote(value, safe="", errors="replace") if self.url else value


class MacroString(Struct, frozen=True, gc=False):
    """A text with macros, as written, and in parts; `letters` are those of its macros, in lower case."""

    text: str
    parts: tuple[str | Macro, ...]
    letters: str = ""

    def expand(self, values: Mapping[str, str]) -> str:
        """Put the values in; there must be one for each of `letters`."""
        return "".join(
            [part if isinstance(part, str) else part.of(values[part.letter]) for part in self.parts]
        )


class BadMacro(Struct, frozen=True, gc=False):
    """A text that is no macro string. `why` says so in words for whoever published it, in printable ASCII."""

    why: str


_UNPRINTABLE: Final = BadMacro("a character that is not printable ASCII")


def parse_macro_string(text: str) -> MacroString | BadMacro:
    """Read any macro string (§7.1), such as the value of a modifier that nobody knows."""
    if _VISIBLE.fullmatch(text) is None:
        return _UNPRINTABLE
    return _parse(text, LETTERS)[0]


def parse_explanation(text: str) -> MacroString | BadMacro:
    """Read an explain-string (§6.2): spaces may stand in it, and c, r and t."""
    if _VISIBLE_OR_SPACE.fullmatch(text) is None:
        return _UNPRINTABLE
    return _parse(text, EXPLANATION_LETTERS)[0]


def parse_domain_spec(text: str) -> MacroString | BadMacro:
    """Read a domain-spec (§7.1): a macro string that ends in a macro, or in a dot and a top label."""
    if not text:
        return BadMacro("no domain")
    if _VISIBLE.fullmatch(text) is None:
        return _UNPRINTABLE
    string, end = _parse(text, LETTERS)
    if end == len(text) or isinstance(string, BadMacro):
        return string
    # What is looked at is the text as published, not what it expands to: that may be anything.
    _, dot, label = text[end:].removesuffix(".").rpartition(".")
    if dot and _TOPLABEL.fullmatch(label):
        return string
    if _IP4.fullmatch(text):
        return BadMacro('an address where a domain should be (addresses are written with "ip4:")')
    return BadMacro("a domain that does not end in a dot and a top-level label")


def _parse(text: str, letters: str) -> tuple[MacroString | BadMacro, int]:
    """Read a text of allowed characters; tell also where its last macro or escape ends (0 without any)."""
    parts: list[str | Macro] = []
    used = literal = ""
    start, at = 0, text.find("%")
    while at >= 0:
        literal += text[start:at]
        macro = _MACRO.match(text, at)
        if macro is None:
            return BadMacro(f'"{text[at : at + 12]}", which begins no macro'), 0
        letter, digits, reverse, delimiters, escape = macro.groups()
        if escape:
            literal += _ESCAPES[escape]
        elif letter.lower() not in letters:
            known = letter.lower() in EXPLANATION_LETTERS
            why = "which may stand in an explanation only" if known else "which no macro is called"
            return BadMacro(f'"{macro[0][:24]}", {why}'), 0
        elif digits and not digits.strip("0"):
            return BadMacro(f'"{macro[0][:24]}", which keeps no part'), 0  # §7.3: it must be nonzero
        else:
            if literal:
                parts.append(literal)
                literal = ""
            digits = digits.lstrip("0")
            keep = int(digits) if 0 < len(digits) <= _DIGITS else 0
            delimiters = "".join(dict.fromkeys(delimiters))
            parts.append(Macro(letter.lower(), keep, bool(reverse), delimiters, url=letter.isupper()))
            used += letter.lower()
        start = macro.end()
        at = text.find("%", start)
    literal += text[start:]
    if literal:
        parts.append(literal)
    return MacroString(text, tuple(parts), used), start
