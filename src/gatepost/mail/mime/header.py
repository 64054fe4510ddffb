"""The header of a message or part, read so that no field that any reader would find is lost.

Under `view`. Readers differ in where a header ends: at the blank line, or at the first line that can be no field, or
at one of white space only. `read` gives the fields up to the blank line, and where others would have stopped.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import Final

from msgspec import Struct

from gatepost.mail.mime.ambiguity import Trick
from gatepost.mail.mime.bounds import MAX_HEADER, MAX_LINES
from gatepost.mail.mime.part import Field

_OWN: Final = (
    b"content-type",
    b"content-transfer-encoding",
    b"content-disposition",
)
"""The fields that tell what a part is."""
_OWN_FIELD: Final = re.compile(
    rb"^(content-(?:type|transfer-encoding|disposition))[ \t]{0,8}:([^\n]{0,1000}(?:\n[ \t][^\n]{0,1000}){0,8})",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST_LINES: Final = 4096
_MOST_BEYOND: Final = 16
_LONGEST_END: Final = 3  # octets of the blank line
_STRANGE: Final = re.compile(rb"[^a-z0-9-]")
_PLAIN_NAME: Final = re.compile(rb"[!-9;-~]+")
_LOOKS_LIKE_FIELD: Final = re.compile(rb"[!-9;-~]{1,78}[ \t]{0,8}:")
_BARE_CR: Final = re.compile(rb"\r(?!\n)")
_BLANK: Final = re.compile(rb"[\n\r]+")
_LONGEST_NAME: Final = 78
_MAX_SHOWN: Final = 40
_JUNK: Final = "a line that is no field ({!r}), where some readers end the header"
_BARE: Final = "a CR without LF in the header, which some readers take for a line end"


class Header(Struct, frozen=True, gc=False):
    """The fields up to the blank line, and where the body begins.

    `early` tells where readers end the header sooner, each by what it does not bear: how many fields they have, and
    where their body begins.
    `bare` tells that a bare CR was taken for a line end, which other readers do not.
    `late` is set when the header begins with blank lines that some readers skip: where it begins for them.
    """

    fields: tuple[Field, ...]
    body: int
    doubts: tuple[tuple[Trick, str], ...] = ()
    early: tuple[tuple[int, int], ...] = ()
    late: int | None = None
    bare: bool = False


def looks_like_header(octets: bytes, start: int) -> bool:
    """Tell whether a field begins here."""
    return _LOOKS_LIKE_FIELD.match(octets, start) is not None


def looks_like_part(octets: bytes, start: int, end: int) -> bool:
    """Tell whether a header of a part begins here, or near here."""
    return _OWN_FIELD.search(octets, start, min(end, start + _FIRST_LINES)) is not None


def read(octets: bytes, start: int, end: int, *, bare: bool = True) -> Header:
    """Read the header that begins at `start`, of a part that ends at `end`; `bare`: a CR alone ends a line too."""
    if octets.startswith((b"From ", b">From "), start, end):  # the first line of a message in an mbox
        start = min(octets.find(b"\n", start, end) + 1 or end, end)
    if octets.startswith((b"\r\n", b"\n"), start, end) or (bare and octets.startswith(b"\r", start, end)):
        return _empty(octets, start, end)
    stop, body = _blank_line(octets, start, end, bare=bare)
    doubts: list[tuple[Trick, str]] = []
    if stop - start > MAX_HEADER:
        doubts.append((Trick.HEADER_TOO_LONG, f"the header has more than {MAX_HEADER:,} octets"))
        stop = start + MAX_HEADER
    lines = _lines(octets[start:stop], doubts, bare=bare)
    if len(lines) > MAX_LINES:
        doubts.append((Trick.HEADER_TOO_LONG, f"the header has more than {MAX_LINES:,} lines"))
        lines.pop()
        stop = start + sum(map(len, lines)) + len(lines)
    fields, early = _fields(lines, start, doubts)
    if stop < body - _LONGEST_END:
        fields += _beyond(octets, stop, body)
    early = tuple([(count, min(at, body)) for count, at in early])  # the last line may have no end
    is_bare = any(name is Trick.BARE_LINE_END and words == _BARE for name, words in doubts)
    return Header(fields, body, tuple(dict.fromkeys(doubts)), early, bare=is_bare)


def _fields(
    lines: list[bytes], start: int, doubts: list[tuple[Trick, str]]
) -> tuple[tuple[Field, ...], tuple[tuple[int, int], ...]]:
    """Read the fields, and where others would end the header: how many they have, and where their body begins."""
    fields: list[Field] = []
    folded: list[bytes] = []
    name = ""
    early: dict[str, tuple[int, int]] = {}
    at = start
    for line in lines:
        if folded and line and line[0] in b" \t":
            folded.append(line)
            if "fold" not in early and line.isspace():
                early["fold"] = (len(fields) + 1, at + len(line) + 1)
                doubts.append(
                    (Trick.HEADER_BLANK_FOLD, "a line of white space, where some readers end the header")
                )
        else:
            if folded:
                fields.append(Field(name, b"\n".join(folded).removesuffix(b"\r")))
            label, colon, value = line.partition(b":")
            name = _plain_name(label) if colon and len(label) <= _LONGEST_NAME else ""
            if not name and line and not line.isspace():
                name = _name(label, doubts) if colon else ""
                kind = "name" if name else "mbox" if line.startswith(b"From ") else "junk"
                if kind not in early:
                    early[kind] = (len(fields), at)
                    if not name:
                        doubts.append((Trick.HEADER_JUNK, _JUNK.format(_shown(line))))
            folded = [value] if name else []
        at += len(line) + 1
    if folded:
        fields.append(Field(name, b"\n".join(folded).removesuffix(b"\r")))
    return tuple(fields), tuple(early.values())


def _shown(line: bytes) -> str:
    return line[:_MAX_SHOWN].decode("ascii", "replace").strip()


@lru_cache(maxsize=1024)
def _plain_name(label: bytes) -> str:
    """Read the name of a field that is as names are; "" for others."""
    plain = _PLAIN_NAME.fullmatch(label) is not None and not label.startswith(b"--")
    return label.decode("ascii").lower() if plain else ""


def _name(label: bytes, doubts: list[tuple[Trick, str]]) -> str:
    """Read the name of a field; "" when the line is none. What some readers would take for one of ours is one."""
    name = label.lower()
    if label.startswith(b"--"):  # rather a delimiter in the wrong place
        return ""
    if _PLAIN_NAME.fullmatch(name):
        return name.decode("ascii")
    stripped = name.strip(b" \t")
    if _PLAIN_NAME.fullmatch(stripped):
        if stripped in _OWN:
            doubts.append(
                (
                    Trick.SPACE_BEFORE_COLON,
                    f"white space around {stripped.decode()!r}, a field which some readers then do not see",
                )
            )
        return stripped.decode("ascii")
    plain = _STRANGE.sub(b"", name)
    own = plain if plain in _OWN else b""
    if own or not name.isascii() or b"\0" in name:
        doubts.append(
            (
                Trick.FIELD_NAME_ODD,
                f"a field has octets in its name ({name[:_MAX_SHOWN]!r}) at which some readers end the header",
            )
        )
    return own.decode("ascii") if own else ""


def _lines(block: bytes, doubts: list[tuple[Trick, str]], *, bare: bool) -> list[bytes]:
    """Cut a header into lines, each with the CR of its end, so that their places stay known."""
    breaks = block.count(b"\n")
    if block.count(b"\r") != breaks or block.count(b"\r\n") != breaks:
        mended = _BARE_CR.sub(b"\n", block) if bare else block
        if mended != block:
            doubts.append((Trick.BARE_LINE_END, _BARE))
            block = mended
        elif b"\r" in block:
            doubts.append((Trick.BARE_LINE_END, "lines of the header end in LF and in CRLF"))
    return block.split(b"\n", MAX_LINES)


def _beyond(octets: bytes, start: int, end: int) -> tuple[Field, ...]:
    """Find the fields that tell what the part is in what is too much to be read."""
    found = islice(_OWN_FIELD.finditer(octets, start, end), _MOST_BEYOND)
    return tuple([Field(field[1].decode("ascii").lower(), field[2]) for field in found])


def _blank_line(octets: bytes, start: int, end: int, *, bare: bool) -> tuple[int, int]:
    """Find the blank line: where the header ends with its last line end, and where the body begins."""
    crlf = octets.find(b"\n\r\n", start, end)
    stop, body = (end, end) if crlf < 0 else (crlf + 1, crlf + 3)
    for pair in (b"\n\n", b"\r\r") if bare else (b"\n\n",):
        at = octets.find(pair, start, stop)
        if at >= 0:
            stop, body = at + 1, at + 2
    return stop, body


def _empty(octets: bytes, start: int, end: int) -> Header:
    """Read a header without fields; when one follows behind blank lines, some readers would take that."""
    body = start + (2 if octets.startswith(b"\r\n", start, end) else 1)
    bare = octets.startswith(b"\r", start, end) and body == start + 1
    blank = _BLANK.match(octets, start, end)
    late = blank.end() if blank is not None else end
    if late < end and looks_like_header(octets, late):
        return Header(
            (),
            body,
            ((Trick.HEADER_LATE, "a blank line comes before the header; some readers skip it"),),
            late=late,
            bare=bare,
        )
    return Header((), body, bare=bare)
