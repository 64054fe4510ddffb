"""The DMARC policy record (RFC 9989 §4.7), read from the text of a TXT record.

What the owner wrote wrongly falls back to a default and is named, so that it can be told. Tags of RFC 7489 that are
no more (pct, rf, ri) are read over. Linear; of a record 4 KiB are read. Knows nothing of where it was found.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from msgspec import Struct

MAX_RECORD: Final = 4096  # characters
MAX_URIS: Final = 20  # of each kind
_MAX_TAGS: Final = 64

_VERSION: Final = re.compile(r"[ \t]*[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
# RFC 3986; a comma must be encoded, and RFC 7489 §6.2 had "!" with a size at the end.
_URI: Final = re.compile(
    r"([a-z][a-z0-9+.-]*):((?:[a-z0-9._~:/?#\[\]@$&'*+();=-]|%[0-9a-f]{2})+)", re.IGNORECASE
)
_SIZE: Final = re.compile(r"!([0-9]{1,12})([kmgt]?)\Z", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_FAILURE_OPTIONS: Final = frozenset("01ds")
_EXCERPT: Final = 60


class Policy(StrEnum):
    """What an owner asks for when a message fails (RFC 9989 §4.7, "p")."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class ReportUri(Struct, frozen=True, gc=False):
    """Where reports are wanted. `size`: the most octets taken (RFC 7489 §6.2, gone since), 0 when not said."""

    uri: str
    size: int = 0


class Record(Struct, frozen=True, gc=False, omit_defaults=True):
    """A record as its owner means it. `sp` and `np` are None when not said.

    `psd` is "y", "n" or "u"; `said` are the names of the tags it has, `problems` say in words what is wrong in it.
    `usable` is false when no policy follows from it (RFC 9989 §4.10.1).
    """

    text: str
    p: Policy = Policy.NONE
    sp: Policy | None = None
    np: Policy | None = None
    adkim_strict: bool = False
    aspf_strict: bool = False
    psd: str = "u"
    testing: bool = False
    fo: tuple[str, ...] = ("0",)
    rua: tuple[ReportUri, ...] = ()
    ruf: tuple[ReportUri, ...] = ()
    said: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()
    usable: bool = True

    @property
    def of_its_time(self) -> bool:
        """Whether it has tags that only RFC 9989 knows, so that its owner means what RFC 9989 makes of it."""
        return not self.said.isdisjoint(("psd", "t"))


def is_record(text: str) -> bool:
    """Tell whether a TXT record is meant for DMARC: the version comes first, and in this case (RFC 9989 §4.7)."""
    return _VERSION.match(text) is not None


def parse_record(text: str) -> Record | None:
    """Read a record; None for a text that is none of DMARC. Never raises."""
    version = _VERSION.match(text)
    if version is None:
        return None
    problems: list[str] = []
    if len(text) > MAX_RECORD:
        problems.append(f"it is longer than {MAX_RECORD} characters, and what comes later is not read")
    tags = _tags(text[version.end() : MAX_RECORD], problems)
    p, p_wrong = _policy("p", tags, problems)
    sp, sp_wrong = _policy("sp", tags, problems)
    np, np_wrong = _policy("np", tags, problems)
    rua = _uris("rua", tags, problems)
    usable = True
    if p is None or p_wrong or sp_wrong or np_wrong:
        # RFC 9989 §4.10.1: it asks for reports at least, or for nothing.
        if "p" not in tags:
            problems.append("it says no policy (p)")
        usable = bool(rua)
        p = sp = np = None
    return Record(
        text=text[:MAX_RECORD],
        p=p or Policy.NONE,
        sp=sp,
        np=np,
        adkim_strict=_one_of("adkim", "rs", tags, problems) == "s",
        aspf_strict=_one_of("aspf", "rs", tags, problems) == "s",
        psd=_one_of("psd", "uyn", tags, problems),
        testing=_one_of("t", "ny", tags, problems) == "y",
        fo=_failure_options(tags, problems),
        rua=rua,
        ruf=_uris("ruf", tags, problems),
        said=frozenset(tags),
        problems=tuple(problems),
        usable=usable,
    )


def _tags(text: str, problems: list[str]) -> dict[str, str]:
    tags: dict[str, str] = {}
    pieces = text.split(";", _MAX_TAGS)
    if len(pieces) > _MAX_TAGS:
        problems.append(f"it has more than {_MAX_TAGS} tags, and what comes later is not read")
        del pieces[_MAX_TAGS:]
    for piece in pieces:
        name, equals, value = piece.partition("=")
        name = name.strip().lower()
        if not equals or not (name.isascii() and name.isalpha()):
            if piece.strip():
                problems.append(f"{_excerpt(piece)} is no tag")
            continue
        if name in tags:
            # RFC 6376 §3.2 allows a tag once. Readers that do not mind take the last; so do we.
            problems.append(f"the tag {name} is there more than once, and the last counts")
        tags[name] = value.strip()
    return tags


def _policy(name: str, tags: dict[str, str], problems: list[str]) -> tuple[Policy | None, bool]:
    """Give what a tag asks for, and whether it asks wrongly."""
    value = tags.get(name)
    if value is None:
        return None, False
    try:
        return Policy(value.lower()), False
    except ValueError:
        problems.append(f"{name}={_excerpt(value)} is no policy: none, quarantine and reject are")
        return None, True


def _one_of(name: str, values: str, tags: dict[str, str], problems: list[str]) -> str:
    """Give what a tag says, or the first of its `values` (one letter each), the default."""
    value = tags.get(name, values[0]).lower()
    if len(value) == 1 and value in values:
        return value
    problems.append(f"{name}={_excerpt(value)} has no meaning, and {name}={values[0]} is taken")
    return values[0]


def _failure_options(tags: dict[str, str], problems: list[str]) -> tuple[str, ...]:
    value = tags.get("fo", "0")
    options = [option.strip().lower() for option in value[:_EXCERPT].split(":")]
    known = tuple(dict.fromkeys([option for option in options if option in _FAILURE_OPTIONS]))
    if len(known) < len(options):
        problems.append(f"fo={_excerpt(value)} has options without meaning")
    return known or ("0",)


def _uris(name: str, tags: dict[str, str], problems: list[str]) -> tuple[ReportUri, ...]:
    uris: list[ReportUri] = []
    pieces = tags.get(name, "").split(",", MAX_URIS)
    if len(pieces) > MAX_URIS:
        problems.append(f"{name} names more than {MAX_URIS} places, and the later ones count for nothing")
        del pieces[MAX_URIS:]
    for piece in pieces:
        text = piece.strip()
        size = 0
        limit = _SIZE.search(text)
        if limit is not None:
            size = int(limit[1]) * _UNITS[limit[2].lower()]
            text = text[: limit.start()]
        if _URI.fullmatch(text) is not None:
            uris.append(ReportUri(text, size))
        elif text or name in tags:
            problems.append(f"{name} has {_excerpt(piece)}, which is no URI, like mailto:reports@example.org")
    return tuple(uris)


def _excerpt(text: str) -> str:
    """Quote what an owner wrote, in few and harmless characters."""
    text = text.strip()
    cut = text if len(text) <= _EXCERPT else text[:_EXCERPT] + "…"
    return '"' + "".join([c if c.isprintable() else "?" for c in cut]) + '"'
