"""The Authentication-Results field (RFC 8601): write ours, read anyone's, find those that pretend to be ours.

On the way of a message: first `claims` finds the forged ones, which are to be removed (§5), then ours goes on top.
What goes into a field comes from the message and from DNS, so nothing of it can end a line, a comment or a value.
Reading is tolerant and linear, of 64 KiB at most. Knows no method: results are words, and so are properties.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from msgspec import Struct

from gatepost.mail.fields import Field, Header
from gatepost.mail.idn import to_ascii
from gatepost.mail.lexer import Kind, Lexer, Token

NAME: Final = "Authentication-Results"
MAX_FIELD: Final = 1 << 16  # octets that are read
MAX_RESULTS: Final = 100
MAX_PROPERTIES: Final = 50  # of one result
MAX_VALUE: Final = 400  # characters that are written of one value, reason or comment
_LINE: Final = 78  # RFC 5322 §2.1.1
_LONGEST_KEYWORD: Final = 63

_KEYWORD: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")  # RFC 5321 §4.1.2
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+")  # RFC 2045 §5.1
# RFC 8601 §2.2, pvalue: an address, or "@" and a domain, needs no quotes.
_ADDRESS: Final = re.compile(
    r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)?"
    r"@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)
_TO_ESCAPE: Final = re.compile(r'["\\]')
_COMMENT_ESCAPE: Final = re.compile(r"[()\\]")
_UNSAFE: Final = re.compile(r"[^ -~]")


class Property(Struct, frozen=True, gc=False):
    """What a result is about: "header.d=example.org" has the type "header", the name "d" and the value."""

    type: str
    name: str
    value: str


class MethodResult(Struct, frozen=True, gc=False, omit_defaults=True):
    """One result: the method ("spf"), its result ("pass"), why, and what it is about.

    `comment` is a remark for people behind the result; `reason` is part of the field's grammar (RFC 8601 §2.2).
    `version` is that of the method, "" for 1.
    """

    method: str
    result: str
    reason: str = ""
    properties: tuple[Property, ...] = ()
    comment: str = ""
    version: str = ""


class Results(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a field says. `authserv_id` is as written, without quotes and comments, "" when there is none.

    No `results` mean that nothing was checked ("none"). `problems` say in words what is broken in it.
    """

    authserv_id: str
    results: tuple[MethodResult, ...] = ()
    version: str = ""
    problems: tuple[str, ...] = ()


class Claim(Struct, frozen=True, gc=False):
    """A field that pretends to be ours, or that a reader could take for ours, and why in words."""

    field: Field
    why: str


def write(authserv_id: str, results: Sequence[MethodResult]) -> bytes:
    """Write a field with its name and last CRLF, folded; without results it says "none".

    Long values are cut to MAX_VALUE characters, characters outside of printable ASCII become "?". Raises ValueError
    for an id that is empty or not ASCII, and for a method, result or property that is no keyword.
    """
    if not authserv_id or _UNSAFE.search(authserv_id):
        raise ValueError(f"{authserv_id!r} can be no authserv-id")
    lines = _Lines(f"{NAME}: {_value(authserv_id)}")
    if not results:
        lines.add("; none")
    for result in results:
        for word in _words(result):
            lines.add(word)
    return lines.octets()


class _Lines:
    """Puts words into lines of 78 characters where it can; a word is never parted."""

    def __init__(self, first: str) -> None:
        self._lines = [first]

    def add(self, word: str) -> None:
        """Add a word behind a space; one that begins with ";" closes what stands before it and begins a line."""
        if word.startswith("; "):
            self._lines[-1] += ";"
            self._lines.append(word[1:])
        elif len(self._lines[-1]) + 1 + len(word) <= _LINE:
            self._lines[-1] += " " + word
        else:
            self._lines.append("  " + word)

    def octets(self) -> bytes:
        return ("\r\n".join(self._lines) + "\r\n").encode("ascii")


def _words(result: MethodResult) -> Iterator[str]:
    version = f"/{_keyword(result.version)}" if result.version else ""
    yield f"; {_keyword(result.method)}{version}={_keyword(result.result)}"
    if result.comment:
        yield from _comment(result.comment)
    if result.reason:
        yield f"reason={_quoted(result.reason)}"
    for about in result.properties:
        yield f"{_keyword(about.type)}.{_keyword(about.name)}={_value(about.value)}"


def _keyword(word: str) -> str:
    if _KEYWORD.fullmatch(word) is None or len(word) > _LONGEST_KEYWORD:
        raise ValueError(f"{word!r} is no keyword of RFC 8601")
    return word


def _safe(text: str) -> str:
    cut = text if len(text) <= MAX_VALUE else text[:MAX_VALUE]
    return cut if _UNSAFE.search(cut) is None else _UNSAFE.sub("?", cut)


def _value(text: str) -> str:
    safe = _safe(text)
    return safe if _TOKEN.fullmatch(safe) or _ADDRESS.fullmatch(safe) else _quoted(safe)


def _quoted(text: str) -> str:
    return '"' + _TO_ESCAPE.sub(r"\\\g<0>", _safe(text)) + '"'


def _comment(text: str) -> list[str]:
    """Write a comment as words that may stand in several lines."""
    return ("(" + _COMMENT_ESCAPE.sub(r"\\\g<0>", " ".join(_safe(text).split())) + ")").split(" ")


_LEXER: Final = Lexer(";")


class _Item:
    """A run of the field between white space, such as "header.d=example.org": a key, and what is assigned to it."""

    __slots__ = ("assigned", "key", "value", "valued")

    def __init__(self) -> None:
        self.key = self.value = ""
        self.assigned = self.valued = False

    def add(self, kind: Kind, text: str) -> None:
        if self.assigned:
            self.value += text
            self.valued = True
        elif kind is Kind.STRING:
            self.key += text
        else:
            key, equals, value = text.partition("=")
            self.key += key
            self.assigned = bool(equals)
            self.value, self.valued = value, bool(value)

    def goes_on_with(self, text: str, *, in_head: bool) -> bool:
        """Tell whether `text` belongs to it though white space is between.

        RFC 8601 §2.2 allows it around = . / of results, but not in the authserv-id, which may end with a dot.
        """
        if self.assigned:
            return not self.valued
        if in_head:
            return text.startswith("=")
        return self.key.endswith((".", "/")) or text.startswith(("=", ".", "/"))


class _Segment:
    """What stands between two semicolons."""

    __slots__ = ("comments", "items")

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.comments: list[str] = []


def read(value: bytes) -> Results:
    """Read the value of a field, with its folds. Never raises."""
    problems: list[str] = []
    if len(value) > MAX_FIELD:
        problems.append("it is longer than is read")
    lexed = _LEXER.lex(value[:MAX_FIELD].decode("utf-8", "replace"))
    if not lexed.balanced:
        problems.append("a quote or comment is never closed")
    head, *segments = _segments(lexed.tokens)
    authserv_id = version = ""
    if any(item.assigned for item in head.items):
        segments.insert(0, head)  # some write no authserv-id, and begin with a result
    elif head.items:
        authserv_id = head.items[0].key
        version = "".join([item.key for item in head.items[1:]])
    if not authserv_id:
        problems.append("it has no authserv-id")
    if version and not (version.isascii() and version.isdigit()):
        problems.append("something else than a version stands behind the authserv-id")
        version = ""
    if len(segments) > MAX_RESULTS:
        problems.append("it has more results than are read")
    read_results = [_result(segment, problems) for segment in segments[:MAX_RESULTS]]
    results = tuple([result for result in read_results if result is not None])
    return Results(authserv_id, results, version, tuple(dict.fromkeys(problems)))


def _segments(tokens: list[Token]) -> list[_Segment]:
    segments = [_Segment()]
    item: _Item | None = None
    apart = True  # from the item before, by white space or a comment
    for kind, text in tokens:
        match kind:
            case Kind.SPECIAL:
                segments.append(_Segment())
                item = None
            case Kind.SPACE:
                apart = True
            case Kind.COMMENT:
                segments[-1].comments.append(" ".join(text.split()))
                apart = True
            case _:
                plain = "" if kind is Kind.STRING else text
                if item is None or (apart and not item.goes_on_with(plain, in_head=len(segments) == 1)):
                    item = _Item()
                    segments[-1].items.append(item)
                item.add(kind, text)
                apart = False
    return segments


def _result(segment: _Segment, problems: list[str]) -> MethodResult | None:
    if not segment.items:
        return None
    first, *others = segment.items
    method, _, version = first.key.lower().partition("/")
    if not (first.assigned and method):
        if method != "none" or others:
            problems.append("a result has no method")
        return None
    reason = ""
    properties: list[Property] = []
    for item in others:
        type_, dot, name = item.key.lower().partition(".")
        if not item.assigned:
            problems.append(f"{method} has something that is no property")
        elif dot:
            properties.append(Property(type_, name, item.value))
        elif type_ == "reason":
            reason = item.value
        else:
            problems.append(f"{method} has a property without a type")
    if len(properties) > MAX_PROPERTIES:
        problems.append(f"{method} has more properties than are read")
        del properties[MAX_PROPERTIES:]
    return MethodResult(
        method, first.value.lower(), reason, tuple(properties), " ".join(segment.comments), version
    )


def claims(header: Header, ours: Collection[str]) -> tuple[Claim, ...]:
    """Find the fields that are to be removed before one of ours is added (RFC 8601 §5).

    `ours` are our authserv-ids. Found are fields with one of them in any case, quoting or form of the name, and those
    that are broken in a way that a reader might see one of them, or read them without looking at an id.
    """
    known = {_canonical(authserv_id) for authserv_id in ours}
    found: list[Claim] = []
    for field in header.fields:
        if field.name == _LOWER_NAME:
            why = _why_ours(field.value, known)
        elif not field.name and field.raw[: len(NAME)].lower() == _LOWER_NAME.encode("ascii"):
            why = "its name is broken, but some read it"
        else:
            continue
        if why:
            found.append(Claim(field, why))
    return tuple(found)


_LOWER_NAME: Final = NAME.lower()
_READ_OVER: Final = re.compile(r'[^!-~]+|["\\()]')  # what a careless reader may not see


def _why_ours(value: bytes, known: set[str]) -> str:
    field = read(value)
    authserv_id = _canonical(field.authserv_id)
    if not authserv_id:
        return "it does not say who wrote it"
    if authserv_id in known:
        return f"it says that {authserv_id} wrote it"
    if field.problems or _TOKEN.fullmatch(field.authserv_id) is None:
        head = value[:MAX_FIELD].decode("utf-8", "replace").partition("=")[0]
        seen = _READ_OVER.sub("", head).lower()
        if any(name in seen for name in known):
            return "it is broken, and could be read as ours"
    return ""


def _canonical(authserv_id: str) -> str:
    """Give an id in the form in which two are the same: names of domains are, in any case and with a final dot."""
    return to_ascii(authserv_id) or authserv_id.lower().strip()
