"""SPF records (RFC 7208 §4.5 to §6): their grammar, read once into frozen terms.

Below `check`, which evaluates them. A record that breaks the grammar anywhere becomes a `BadRecord` that names the
term and says why, before anything is evaluated (§4.6). Time is linear in the text, whose length is bounded; records
as they are mostly are kept in parsed form, by their text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from gatepost.mailauth.spf.address import Kind, number_of
from gatepost.mailauth.spf.macro import BadMacro, MacroString, parse_domain_spec, parse_macro_string
from gatepost.mailauth.spf.result import Result

# §3.4 asks for 450 octets and lets larger ones be ignored; those that are in use are well below this.
MAX_RECORD: Final = 8_192

# The cache holds at most 2,048 records of 1,024 characters, some 20 MB; of common ones, 2 MB.
_CACHED_RECORDS: Final = 2_048
_CACHED_LENGTH: Final = 1_024

_QUALIFIERS: Final = {
    "+": Result.PASS,
    "-": Result.FAIL,
    "~": Result.SOFTFAIL,
    "?": Result.NEUTRAL,
}
_PRINTABLE = re.compile(r"[ -~]*")
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)=(.*)")
_MECHANISM = re.compile(r"[A-Za-z0-9]*")
_PREFIXES = re.compile(r"(?:/([0-9]+))?(?://([0-9]+))?\Z")
_PREFIX = re.compile(r"0|[1-9][0-9]{0,2}")
_QUOTED: Final = 60  # characters of a term that are repeated in a reason


class All(Struct, frozen=True, gc=False):
    """`all` (§5.1). As of every directive: `text` is the term as written, `result` what its qualifier gives."""

    text: str
    result: Result


class Include(Struct, frozen=True, gc=False):
    """`include` (§5.2)."""

    text: str
    result: Result
    target: MacroString


class A(Struct, frozen=True, gc=False):
    """`a` (§5.3): `target` None is the domain itself; `shift4` and `shift6` say how many low bits do not count."""

    text: str
    result: Result
    target: MacroString | None
    shift4: int
    shift6: int


class Mx(Struct, frozen=True, gc=False):
    """`mx` (§5.4), with the fields of `a`."""

    text: str
    result: Result
    target: MacroString | None
    shift4: int
    shift6: int


class Ptr(Struct, frozen=True, gc=False):
    """`ptr` (§5.5): `target` None is the domain itself."""

    text: str
    result: Result
    target: MacroString | None


class Ip(Struct, frozen=True, gc=False):
    """`ip4` and `ip6` (§5.6): the network's number without its low `shift` bits, of addresses of a `kind`."""

    text: str
    result: Result
    kind: Kind
    network: int
    shift: int


class Exists(Struct, frozen=True, gc=False):
    """`exists` (§5.7)."""

    text: str
    result: Result
    target: MacroString


Directive = All | Include | A | Mx | Ptr | Ip | Exists


class Modifier(Struct, frozen=True, gc=False):
    """`redirect` or `exp` (§6), as written, and the domain that it names."""

    text: str
    target: MacroString


class Record(Struct, frozen=True, gc=False):
    """A record without a fault. Modifiers that nobody knows were read and left out (§6)."""

    directives: tuple[Directive, ...]
    redirect: Modifier | None = None
    explanation: Modifier | None = None


class BadRecord(Struct, frozen=True, gc=False):
    """A text that is no record: the term to blame ("" for none alone), and why, in printable ASCII."""

    term: str
    why: str


class _BadTermError(Exception):
    """A term that breaks the grammar."""


def is_spf(text: str) -> bool:
    """Tell whether a TXT record is an SPF record at all, be it a broken one (§4.5)."""
    return text[:6].lower() == "v=spf1" and text[6:7] in ("", " ")


def parse(text: str) -> Record | BadRecord:
    """Read a TXT record that is an SPF record. Never raises."""
    return _kept(text) if len(text) <= _CACHED_LENGTH else _parse(text)


def _parse(text: str) -> Record | BadRecord:
    if len(text) > MAX_RECORD:
        return BadRecord("", f"it is longer than {MAX_RECORD} characters")
    if _PRINTABLE.fullmatch(text) is None:  # §3.1
        odd = next(character for character in text if not " " <= character <= "~")
        return BadRecord("", f"it holds U+{ord(odd):04X}, which is not printable ASCII")
    directives: list[Directive] = []
    modifiers: dict[str, Modifier] = {}
    for term in text[6:].split(" "):  # §4.6.1: only spaces separate terms, any number of them
        if not term:
            continue
        try:
            # §4.6.1: a modifier is what has "=" behind a name, before any ":" or "/".
            modifier = _MODIFIER.match(term) if "=" in term else None
            if modifier is None:
                directives.append(_directive(term))
            else:
                _add_modifier(modifiers, term, modifier[1].lower(), modifier[2])
        except _BadTermError as bad:
            return BadRecord(term, str(bad))
    return Record(tuple(directives), modifiers.get("redirect"), modifiers.get("exp"))


_kept = lru_cache(maxsize=_CACHED_RECORDS)(_parse)


def _add_modifier(modifiers: dict[str, Modifier], term: str, name: str, value: str) -> None:
    if name not in ("redirect", "exp"):
        # The name is free, but its value must be a macro string all the same (§6).
        string = parse_macro_string(value)
        if isinstance(string, BadMacro):
            raise _BadTermError(f"{_quoted(term)} holds {string.why}")
        return
    if name in modifiers:
        raise _BadTermError(f'"{name}=" stands in it twice')
    modifiers[name] = Modifier(term, _domain(term, value))


def _directive(term: str) -> Directive:
    result = _QUALIFIERS.get(term[0])
    start = 0 if result is None else 1
    result = result or Result.PASS
    name = _MECHANISM.match(term, start)
    assert name is not None  # noqa: S101  it may be empty
    rest = term[name.end() :]
    match name[0].lower():
        case "all":
            if rest:
                raise _BadTermError(f'{_quoted(term)} has something behind "all"')
            return All(term, result)
        case "include":
            return Include(term, result, _argument(term, rest))
        case "a":
            return A(term, result, *_target_and_shifts(term, rest))
        case "mx":
            return Mx(term, result, *_target_and_shifts(term, rest))
        case "ptr":
            return Ptr(term, result, _argument(term, rest) if rest else None)
        case "ip4":
            return Ip(term, result, "A", *_network(term, rest, "A"))
        case "ip6":
            return Ip(term, result, "AAAA", *_network(term, rest, "AAAA"))
        case "exists":
            return Exists(term, result, _argument(term, rest))
        case "redirect" | "exp" as modifier if rest.startswith(":"):
            raise _BadTermError(f'{_quoted(term)} is a modifier: it is written "{modifier}="')
        case _:
            raise _BadTermError(f"{_quoted(term)} is no mechanism")


def _argument(term: str, rest: str) -> MacroString:
    """Read ":" and a domain-spec behind the name of a mechanism."""
    if not rest.startswith(":"):
        raise _BadTermError(
            f"{_quoted(term)} names no domain" if not rest else f"{_quoted(term)} is no mechanism"
        )
    return _domain(term, rest[1:])


def _domain(term: str, text: str) -> MacroString:
    string = parse_domain_spec(text)
    if isinstance(string, BadMacro):
        raise _BadTermError(f"{_quoted(term)} holds {string.why}")
    return string


def _target_and_shifts(term: str, rest: str) -> tuple[MacroString | None, int, int]:
    """Read a domain and prefix lengths behind `a` or `mx`, each of which may be missing."""
    prefixes = _PREFIXES.search(rest)
    assert prefixes is not None  # noqa: S101  it may be empty
    rest = rest[: prefixes.start()]
    target = _argument(term, rest) if rest else None
    return target, _shift(term, prefixes[1], 32), _shift(term, prefixes[2], 128)


def _network(term: str, rest: str, kind: Kind) -> tuple[int, int]:
    """Read ":", an address and perhaps a prefix length behind `ip4` or `ip6`."""
    address, slash, prefix = rest[1:].partition("/")
    number = number_of(address, kind) if rest.startswith(":") else None
    if number is None:
        raise _BadTermError(f"{_quoted(term)} names no IPv{4 if kind == 'A' else 6} address")
    shift = _shift(term, prefix if slash else None, 32 if kind == "A" else 128)
    return number >> shift, shift


def _shift(term: str, prefix: str | None, width: int) -> int:
    """Turn a prefix length into the number of bits that do not count."""
    if prefix is None:
        return 0
    if _PREFIX.fullmatch(prefix) is None or int(prefix) > width:
        raise _BadTermError(f"{_quoted(term)} has a prefix length that is not one of 0 to {width}")
    return width - int(prefix)


def _quoted(term: str) -> str:
    return f'"{term}"' if len(term) <= _QUOTED else f'"{term[:_QUOTED]}..."'
