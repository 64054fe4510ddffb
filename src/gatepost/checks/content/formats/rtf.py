"""The reader for RTF: objects and templates that it brings along or fetches, fields that act, links and text.

Malware writes RTF that only Word can read: control words in the middle of hexadecimal digits, groups that end too
often. So nothing here needs the groups to be in order; what is looked for is found wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Text, Trait

MAX_OBJECTS: Final = 100
_OBJECT: Final = re.compile(rb"\\objdata\b")
_CLASS: Final = re.compile(rb"\\objclass\s{1,20}([^\\{}\r\n]{1,60})")
_TEMPLATE: Final = re.compile(rb"\\template\s{1,20}([^{}\r\n]{1,1000})")
_FIELD: Final = re.compile(rb"\\fldinst([^}]{0,2000})")
_CONTROL: Final = re.compile(rb"\\(?:'[0-9a-fA-F]{2}|[a-zA-Z]{1,32}-?[0-9]{0,10} ?|.)", re.DOTALL)
_LEADS: Final = re.compile(
    rb'(?:HYPERLINK|INCLUDEPICTURE|INCLUDETEXT|LINK)\s{1,20}(?:\\[a-z]\s{1,9}){0,5}"?([^"\s\\}]{4,2000})'
)
_NOT_HEX: Final = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_SILENT: Final = re.compile(rb"\{\\(?:\*|(?:fonttbl|colortbl|stylesheet|info|pict|object)\b)")
_BRACE: Final = re.compile(rb"\\.|[{}]", re.DOTALL)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_rtf(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read RTF."""
    yield Text(_text(octets))
    for template in _TEMPLATE.findall(octets):
        target = _plain(template)
        if re.match(r"(?:https?|ftp|file):|\\\\", target, re.IGNORECASE):
            yield Seen(Trait.REMOTE_TEMPLATE, f"fetches the template {target}")
            yield Link(target)
    for field in _FIELD.findall(octets):
        yield from _field(_plain(field).encode("latin-1", "replace"))
    classes = [_plain(name) for name in _CLASS.findall(octets)[:MAX_OBJECTS]]
    for number, start in enumerate(_OBJECT.finditer(octets)):
        if number >= MAX_OBJECTS:
            yield Seen(Trait.UNSEEN, f"more than {MAX_OBJECTS} objects")
            break
        name = classes[number] if number < len(classes) else "an object"
        updated = ", and opens it by itself" if b"\\objupdate" in octets else ""
        yield Seen(Trait.EMBEDDED_OBJECT, f"holds {name}{updated}")
        end = octets.find(b"}", start.end())
        content = _unpacked(octets[start.end() : end if end >= 0 else len(octets)], budget)
        yield Member(f"object-{number + 1}", budget.gathered(iter([_inner(content)])))
        if end < 0:  # all that follows was in it
            break


def _field(field: bytes) -> Iterator[Sight]:
    if re.search(rb"\bDDE(?:AUTO)?\b", field, re.IGNORECASE):
        yield Seen(Trait.DDE, " ".join(field.decode("latin-1").split())[:120])
    for target in _LEADS.findall(field):
        yield Link(target.decode("latin-1"))


def _unpacked(block: bytes, budget: Budget) -> bytes:
    """Give the octets of hexadecimal digits, whatever stands between them."""
    digits = _CONTROL.sub(b"", block[: 4 * budget.member]).translate(None, _NOT_HEX)
    return bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))


def _inner(content: bytes) -> bytes:
    """Give what an OLE 1 object holds (MS-OLEDS 2.2.5): a compound file, or a package; else all of it."""
    start = content.find(_COMPOUND, 0, 4096)
    return content[start:] if start > 0 else content


def _plain(raw: bytes) -> str:
    """Read text of a control word: escapes undone, groups and other words left out."""
    undone = re.sub(rb"\\'([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), raw)
    undone = undone.replace(b"\\\\", b"\x00").replace(b"\\{", b"").replace(b"\\}", b"")
    words = re.sub(rb"\\[a-zA-Z]{1,32}-?[0-9]{0,10} ?|[{}\r\n]", b"", undone).replace(b"\x00", b"\\")
    return words.decode("windows-1252", "replace").strip()


def _without_silent(octets: bytes) -> bytes:
    """Leave out groups that show nothing, up to the first that never ends."""
    kept: list[bytes] = []
    at = 0
    for silent in _SILENT.finditer(octets):
        if silent.start() < at:
            continue
        depth, end = 0, -1
        for brace in _BRACE.finditer(octets, silent.start()):
            depth += (brace[0] == b"{") - (brace[0] == b"}")
            if not depth and brace[0] == b"}":
                end = brace.end()
                break
        if end < 0:
            break
        kept.append(octets[at : silent.start()])
        at = end
    return b" ".join((*kept, octets[at:]))


def _text(octets: bytes) -> str:
    shown = _without_silent(octets)
    shown = re.sub(rb"\\(?:par|line|tab|cell|row)\b ?", b"\n", shown)
    shown = re.sub(rb"\\'([0-9a-fA-F]{2})", lambda found: bytes([int(found[1], 16)]), shown)
    shown = _CONTROL.sub(b"", shown).translate(None, b"{}\r")
    return shown.decode("windows-1252", "replace")
