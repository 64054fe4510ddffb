"""The value of Content-Type or Content-Disposition: its first word and its parameters, in every way they can be read.

RFC 2045 §5.1, RFC 2183 and RFC 2231 say how it should be; here whatever some reader takes for a parameter is one.
Texts are Latin-1, so that each character is an octet. Linear; bounded by MAX_VALUE and MAX_PARAMETERS.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from gatepost.mail.mime.bounds import MAX_PARAMETERS, MAX_VALUE

_SHORT: Final = 100
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])|[\r\n\0]")
_NAME: Final = re.compile(r"""[;,\s]*+([^\s=;,"]{1,100}+)\s*+=\s*+""")
_QUOTED: Final = re.compile(r'"((?:[^"\\]|\\.)*)("?)', re.DOTALL)
_UNTIL_SEMICOLON: Final = re.compile(r"[^;]*+")
_WORD: Final = re.compile(r"[^;\s]*+")
_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[()]|\\.|[^()"\\]+|["\\]', re.DOTALL)
_HEAD: Final = re.compile(r"[^;]*+")
_NO_PARAMETER: Final = re.compile(r"[;,\s]*+[^;\s]*+")


class Parameter(Struct, frozen=True, gc=False):
    """A parameter: its name in lower case, its value as the standard has it, and what others would read."""

    name: str
    value: str
    others: tuple[str, ...] = ()


class Value(Struct, frozen=True, gc=False):
    """What stands before the first semicolon, and the parameters in their order. `whole` is false for a cut value."""

    head: str
    parameters: tuple[Parameter, ...]
    whole: bool = True

    def named(self, name: str) -> tuple[Parameter, ...]:
        """Give the parameters of a name (in lower case)."""
        return tuple([parameter for parameter in self.parameters if parameter.name == name])


def read(raw: bytes) -> tuple[Value, ...]:
    """Read a value: as it stands, and where it has comments also without them."""
    if len(raw) <= _SHORT and b"oundary" not in raw:
        return _usual(raw)
    return _read(raw)


# "text/plain; charset=utf-8" comes in nearly every message.
@lru_cache(maxsize=512)
def _usual(raw: bytes) -> tuple[Value, ...]:
    return _read(raw)


def _read(raw: bytes) -> tuple[Value, ...]:
    text = _FOLD.sub("", raw[:MAX_VALUE].decode("latin-1"))
    whole = len(raw) <= MAX_VALUE
    if "(" not in text:
        return (_value(text, whole=whole),)
    plain = without_comments(text)
    return (_value(plain, whole=whole), _value(text, whole=whole))


def without_comments(text: str) -> str:
    """Leave out comments (RFC 5322 §3.2.2: they nest); one that is never closed stays."""
    kept: list[str] = []
    depth, opened, at_open = 0, 0, 0
    for piece in _PIECE.finditer(text):
        text_of = piece[0]
        if text_of == "(":
            if not depth:
                opened, at_open = piece.start(), len(kept)
            depth += 1
        elif text_of == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(text_of)
    if depth:
        return "".join(kept[:at_open]) + text[opened:]
    return "".join(kept)


def _value(text: str, *, whole: bool) -> Value:
    head_end = _HEAD.match(text)
    assert head_end is not None  # noqa: S101 - it matches nothing too
    head = head_end[0].strip()
    at = head_end.end()
    # A semicolon may be missing: "text/plain charset=x".
    first, space, rest = head.partition(" ")
    if space and "=" in rest:
        at, head = text.find(first) + len(first), first
    parameters: list[Parameter] = []
    size = len(text)
    while at < size and len(parameters) < MAX_PARAMETERS:
        name = _NAME.match(text, at)
        if name is None:
            skipped = _NO_PARAMETER.match(text, at)
            at = max(at + 1, skipped.end() if skipped is not None else size)
            continue
        at, parameter = _parameter(text, name[1].lower(), name.end())
        parameters.append(parameter)
    return Value(head, tuple(parameters), whole and at >= size)


def _parameter(text: str, name: str, at: int) -> tuple[int, Parameter]:
    until = _UNTIL_SEMICOLON.match(text, at)
    assert until is not None  # noqa: S101 - it matches nothing too
    loose = until[0].strip()
    if not text.startswith('"', at):
        word = _WORD.match(text, at)
        strict = word[0] if word is not None else ""
        unquoted = loose.replace('"', "")
        return at + len(strict), Parameter(name, strict, _others(strict, loose, unquoted))
    quoted = _QUOTED.match(text, at)
    assert quoted is not None  # noqa: S101 - there is a quote
    strict = _PAIR.sub(r"\1", quoted[1]) if "\\" in quoted[1] else quoted[1]
    others = [quoted[1]]
    if not quoted[2] or quoted.end() < until.end() or '"' in loose[1:-1]:
        others += [loose.replace('"', ""), loose.strip('"')]
    end = quoted.end()
    if not quoted[2]:  # the quote is never closed: some readers end it at the semicolon
        end = until.end()
    return end, Parameter(name, strict, _others(strict, *others))


def _others(strict: str, *readings: str) -> tuple[str, ...]:
    return tuple([reading for reading in dict.fromkeys(readings) if reading != strict])
