"""Domains made to be taken for another: the same letters to the eye, or nearly the same name.

Under the forgery checks, which compare the author's domain with ours and those of known contacts. `Known` takes
domains once and keeps what each looks like; `resembles` then costs a few look-ups, however many are known. Where they
are too many to be taken, each can be kept under its `likenesses`: those that share one are worth a comparison. Pure,
no DNS. The tables are short and our own: the letters of Cyrillic, Greek and Latin that look like a plain one in
common fonts. A resemblance is a hint with a reason, no proof: two names may well belong together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import Final
from unicodedata import combining, normalize

from msgspec import Struct

from gatepost.mail.idn import to_ascii, to_unicode

SHORTEST_NEAR: Final = 5  # letters: shorter names are a letter from each other by chance
SHORTEST_VARIED: Final = (
    7  # letters of names whose likenesses are a letter away: among many, chance has more room
)
LONGEST_VARIED: Final = 30  # letters: so a domain has at most one likeness more
SHORTEST_ELSEWHERE: Final = 4  # letters of a name that is looked for under other top-level domains
_MOST_IN_FRONT: Final = 10  # labels

_CYRILLIC: Final = "авгеіјкмнопрстухѕԁԛԝһӏѵьԍѡ", "abreijkmhonpctyxsdqwhlvbgw"
_GREEK: Final = "αβγεηικνορτυχωϲϳ", "abyenikvoptuxwcj"
_LATIN: Final = "ıɩɑɡłøđħŧƅȷſß", "iiaglodhtbjfb"
_LETTERS: Final = {
    ord(letter): plain
    for letters, like in (_CYRILLIC, _GREEK, _LATIN)
    for letter, plain in zip(letters, like, strict=True)
}
# What an eye takes for one letter; "1", "i" and "l" are all alike.
_SEQUENCES: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_ALIKE: Final = str.maketrans("01i5", "olls")
# Registries sell names below these labels of two-letter domains, as below co.uk.
_REGISTRY_LABELS: Final = frozenset(
    ("co", "com", "net", "org", "ac", "gov", "edu", "ne", "or", "go", "gob", "gv", "ltd", "plc", "me")
)


class Likeness(StrEnum):
    """How one domain resembles another; the value says so in words, before the name of the other."""

    HOMOGRAPH = "it is written in letters that look like those of"
    ALIKE = "it has letters or digits that look like those of"
    HYPHENS = "it differs by hyphens only from"
    NEAR = "it is one letter away from"
    ELSEWHERE = "under another top-level domain it has the name of"
    IN_FRONT = "it holds within a longer name"


class Resemblance(Struct, frozen=True, gc=False):
    """Which known domain another resembles, and how."""

    domain: str
    known: str
    likeness: Likeness

    @property
    def reason(self) -> str:
        """Say it in words."""
        return f"{self.likeness.value} {self.known}"


class Known:
    """The domains that others are compared with, by what they look like. Of each the registered part counts."""

    def __init__(self, domains: Iterable[str]) -> None:
        self.registered: set[str] = set()
        self.homographs: dict[str, str] = {}
        self.alike: dict[tuple[str, str], str] = {}
        self.unhyphenated: dict[tuple[str, str], str] = {}
        self.near: dict[tuple[str, str], list[str]] = {}
        self.names: dict[str, str] = {}
        self.joined: dict[str, str] = {}
        for given in domains:
            parts = _parts(given)
            if parts is not None and (registered := parts.registered) not in self.registered:
                self._add(registered, parts.name, parts.suffix)

    def _add(self, registered: str, name: str, suffix: str) -> None:
        self.registered.add(registered)
        self.homographs.setdefault(_plain(name) + "." + suffix, registered)
        skeleton = _skeleton(name)
        self.alike.setdefault((skeleton, suffix), registered)
        bare = skeleton.replace("-", "")
        self.unhyphenated.setdefault((bare, suffix), registered)
        if len(skeleton) >= SHORTEST_NEAR:
            for variant in _variants(skeleton):
                self.near.setdefault((variant, suffix), []).append(skeleton)
        if len(skeleton) >= SHORTEST_ELSEWHERE:
            self.names.setdefault(skeleton, registered)
            self.joined.setdefault(bare + _skeleton(suffix).replace(".", ""), registered)


def resembles(domain: str, known: Known) -> Resemblance | None:
    """Tell which known domain another could be taken for, and how; None when for none, or when it is one of them."""
    parts = _parts(domain)
    if parts is None or parts.registered in known.registered:
        return None
    name, suffix = parts.name, parts.suffix
    skeleton = _skeleton(name)
    bare = skeleton.replace("-", "")
    for likeness, found in (
        (Likeness.HOMOGRAPH, known.homographs.get(_plain(name) + "." + suffix)),
        (Likeness.ALIKE, known.alike.get((skeleton, suffix))),
        (Likeness.HYPHENS, known.unhyphenated.get((bare, suffix))),
        (Likeness.NEAR, _nearest(skeleton, suffix, known)),
        (Likeness.ELSEWHERE, known.names.get(skeleton)),
        (Likeness.IN_FRONT, known.joined.get(bare) or _in_front(parts.front, known)),
    ):
        if found is not None:
            return Resemblance(parts.registered, found, likeness)
    return None


def registered_part(domain: str) -> str:
    """Give the part of a domain that is compared, in A-labels; "" for what is no domain below another."""
    parts = _parts(domain)
    return parts.registered if parts is not None else ""


@lru_cache(1024)
def likenesses(domain: str) -> tuple[str, ...]:
    """Give texts of which two domains share one when they look alike, differ by hyphens, or are a letter apart.

    Both under the same registry, that is. The first is the look of the whole name; of short names it is the only one.
    """
    parts = _parts(domain)
    if parts is None:
        return ()
    bare = _skeleton(parts.name).replace("-", "")
    varied = SHORTEST_VARIED <= len(bare) <= LONGEST_VARIED
    names = dict.fromkeys(_variants(bare)) if varied else (bare,)
    return tuple([f"{name}.{parts.suffix}" for name in names])


class _Parts(Struct, frozen=True, gc=False):
    """A domain in three: what its owner put in front, the name that was registered, and below what."""

    front: tuple[str, ...]
    name: str
    suffix: str

    @property
    def registered(self) -> str:
        return f"{self.name}.{self.suffix}"


def _parts(domain: str) -> _Parts | None:
    ascii_domain = to_ascii(domain)
    if ascii_domain is None:
        return None
    labels = ascii_domain.split(".")
    below = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _REGISTRY_LABELS else 1
    if len(labels) <= below:
        return None
    return _Parts(tuple(labels[: -below - 1]), labels[-below - 1], ".".join(labels[-below:]))


def _plain(name: str) -> str:
    """Write a label in plain letters, as far as its own look like them."""
    return plain_letters(to_unicode(name))


def plain_letters(text: str) -> str:
    """Write a text in plain letters, as far as its own look like them."""
    if text.isascii():
        return text
    marked = normalize("NFD", text)
    return "".join([letter for letter in marked if not combining(letter)]).translate(_LETTERS)


def _skeleton(name: str) -> str:
    """Write a label so that two that look alike are the same."""
    text = _plain(name)
    for pair, like in _SEQUENCES:
        text = text.replace(pair, like)
    return text.translate(_ALIKE)


def _variants(skeleton: str) -> Iterator[str]:
    """Give a text and what is left of it without one letter: two that are one letter apart have one in common."""
    yield skeleton
    for place in range(len(skeleton)):
        yield skeleton[:place] + skeleton[place + 1 :]


def _nearest(skeleton: str, suffix: str, known: Known) -> str | None:
    if len(skeleton) < SHORTEST_NEAR:
        return None
    for variant in _variants(skeleton):
        for other in known.near.get((variant, suffix), ())[:20]:
            if _is_near(skeleton, other):
                return known.alike[(other, suffix)]
    return None


def _is_near(one: str, other: str) -> bool:
    """Tell whether one letter is missing, added, other, or two neighbours changed places."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    return (
        one[1:] == other[1:]
        or one[1:] == other
        or one == other[1:]
        or (one[:2] == other[1::-1] and one[2:] == other[2:])
    )


def _in_front(front: tuple[str, ...], known: Known) -> str | None:
    """Find a known domain among the labels in front, as in example.com.evil.net."""
    labels = front[-_MOST_IN_FRONT:]
    for start in range(len(labels)):
        for end in (start + 2, start + 3):
            if end <= len(labels):
                name, suffix = labels[start], ".".join(labels[start + 1 : end])
                found = known.alike.get((_skeleton(name), suffix))
                if found is not None:
                    return found
    return None
