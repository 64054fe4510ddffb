"""Macros of Office: their text, and what of it runs by itself or reaches out of the document.

The text stands compressed (MS-OVBA 2.4.1) in streams of a compound file; where in a stream it begins is found by the
words that every module begins with, so a directory that lies hides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Link, Seen, Sight, Text, Trait
from gatepost.checks.content.formats.text import addresses

MAX_SOURCE: Final = 1_000_000
_BEGIN: Final = b"\x00Attribut"
_RUNS: Final = re.compile(
    r"\b(?:Auto_?(?:Open|Exec|Exit|Close|New)|Document_?(?:Open|Close|BeforeClose|New)|Workbook_?(?:Open|Activate|"
    r"BeforeClose|Close)|Presentation_?Open|\w{1,60}_(?:Layout|Painted|Painting|GotFocus|LostFocus|MouseHover|Click|"
    r"Change|Resize|BeforeNavigate2|DocumentComplete|OnConnecting))\b(?=\s{0,9}\()",
    re.IGNORECASE,
)
_REACHES: Final = re.compile(
    r"\b(?:Shell(?:Execute)?|CreateObject|GetObject|CallByName|URLDownloadToFile|XMLHTTP|WinHttp|ADODB\.Stream|powershell|"
    r"cmd(?:\.exe)?\s{0,3}/c|mshta|rundll32|regsvr32|wscript|SaveToFile|VirtualAlloc|CreateThread|Environ|MacScript|"
    r"ExecuteExcel4Macro|Win32_Process)\b",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r'Attribute VB_Name = "([^"\r\n]{1,80})"')


def sources_in(stream: bytes) -> Iterator[str]:
    """Give the texts of the modules that a stream holds."""
    at = stream.find(_BEGIN)
    left = MAX_SOURCE
    while at >= 0 and left > 0:
        source = unpacked(stream, at - 3, left) if at >= 3 else b""
        if source.startswith(b"Attribut"):
            left -= len(source)
            yield source.decode("windows-1252", "replace")
        at = stream.find(_BEGIN, at + 1)


def unpacked(octets: bytes, at: int, most: int) -> bytes:
    """Undo the compression from a place on, to `most` octets; what is damaged ends it (MS-OVBA 2.4.1.3)."""
    if octets[at : at + 1] != b"\x01":
        return b""
    at += 1
    out = bytearray()
    while at + 2 <= len(octets) and len(out) < most:
        header = int.from_bytes(octets[at : at + 2], "little")
        if header >> 12 & 7 != 3:
            break
        end = min(at + (header & 0xFFF) + 3, len(octets))
        at += 2
        if not header & 0x8000:
            out += octets[at : at + 4096]
            at += 4096
            continue
        _chunk(octets, at, end, out)
        at = end
    return bytes(out)


def _chunk(octets: bytes, at: int, end: int, out: bytearray) -> None:
    start = len(out)
    while at < end:
        flags = octets[at]
        at += 1
        for bit in range(8):
            if at >= end:
                return
            if not flags >> bit & 1:
                out.append(octets[at])
                at += 1
                continue
            token = int.from_bytes(octets[at : at + 2], "little")
            at += 2
            bits = max((len(out) - start - 1).bit_length(), 4)
            offset = (token >> (16 - bits)) + 1
            length = (token & (0xFFFF >> bits)) + 3
            if offset > len(out) - start:
                return
            for _ in range(length):
                out.append(out[-offset])


def judged(source: str) -> Iterator[Sight]:
    """Tell what a module does: that it is one, whether it runs by itself, and what it reaches for."""
    body = "\n".join([line for line in source.splitlines() if not line.startswith("Attribute ")]).strip()
    if not body:
        return  # each document that ever held a macro has an empty module
    named = _NAME.search(source)
    module = named[1] if named is not None else "without a name"
    reaches = sorted({word[0].lower() for word in _REACHES.finditer(body)})
    what = f", which uses {', '.join(reaches[:8])}" if reaches else ""
    yield Seen(Trait.MACRO, f"the module {module}{what}")
    for word in sorted({found[0] for found in _RUNS.finditer(body)})[:5]:
        yield Seen(Trait.MACRO_RUNS, f"{word} in the module {module}{what}")
    for address in addresses(body):
        yield Link(address)
    yield Text(body)
