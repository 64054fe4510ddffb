"""The reader for compound files: Word, Excel and PowerPoint of before 2007, Outlook messages, installers.

They are file systems of their own (MS-CFB), read by olefile. Looked at are macros, embedded objects, links, sheets of
old macros, encryption; what is an Outlook message gives its text and its attachments.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import Final

import msoffcrypto  # type: ignore[import-untyped]  # it has no types
import olefile  # type: ignore[import-untyped]  # it has no types

from gatepost.checks.content.formats.format import Budget, Link, Member, Seen, Sight, Text, Trait
from gatepost.checks.content.formats.vba import judged, sources_in

MAX_STREAMS: Final = 5000
_MAX_TEXT: Final = 200_000
_USUAL_PASSWORD: Final = "VelvetSweatshop"  # noqa: S105 - Excel opens what has this one without asking
_ADDRESS: Final = re.compile(rb"(?:https?|ftp|file)://[\x21-\x7e]{4,2000}")
_WIDE_ADDRESS: Final = re.compile(
    rb"(?:h\0t\0t\0p\0s?\0?|f\0t\0p\0|f\0i\0l\0e\0):\0/\0/\0(?:[\x21-\x7e]\0){4,2000}"
)
_EQUATION: Final = bytes.fromhex("02ce020000000000c000000000000046")
_DDE: Final = re.compile(rb"\x13[^\x14\x15]{0,40}\b(DDE(?:AUTO)?\b[^\x14\x15]{0,200})", re.IGNORECASE)
_FILEPASS, _BOUNDSHEET, _NAME_RECORD = 0x2F, 0x85, 0x18
_MACRO_SHEET: Final = 1
_AUTO_OPEN: Final = 1


def read_ole(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a compound file."""
    with olefile.OleFileIO(io.BytesIO(octets)) as ole:
        streams = ole.listdir(streams=True, storages=False)
        if len(streams) > MAX_STREAMS:
            yield Seen(Trait.UNSEEN, f"more than {MAX_STREAMS:,} streams")
        names = {path[-1].lower() for path in streams}
        if "encryptedpackage" in names or "encryptedsummary" in names:
            yield from _encrypted(octets, budget)
            return
        if ole.root is not None and bytes.fromhex(ole.root.clsid.replace("-", "")) == _EQUATION:
            yield Seen(Trait.EMBEDDED_OBJECT, "an equation of the old editor")
        for path in streams[:MAX_STREAMS]:
            try:
                stream = ole.openstream(path).read(budget.member)
            except OSError:
                yield Seen(Trait.DAMAGED, f"the stream {'/'.join(path)} cannot be read")
                continue
            budget.spend(len(stream))
            yield from _stream(path, stream, octets, budget)


def _stream(path: Sequence[str], stream: bytes, octets: bytes, budget: Budget) -> Iterator[Sight]:
    name = path[-1].lower()
    for source in sources_in(stream):
        yield from judged(source)
    match name:
        case "\x01ole10native":
            yield from _package(stream, budget)
        case "package" | "contents" if len(path) > 1:
            yield Seen(Trait.EMBEDDED_OBJECT, "an object in the document")
            yield Member(path[-2], budget.gathered(iter([stream])))
        case "worddocument":
            if len(stream) > 12 and stream[11] & 1:  # FibBase.fEncrypted (MS-DOC 2.5.2)
                yield from _encrypted(octets, budget)
            for field in _DDE.findall(stream):
                yield Seen(Trait.DDE, " ".join(field.decode("latin-1").split())[:120])
        case "workbook" | "book":
            yield from _workbook(stream, octets, budget)
        case "equation native":
            yield Seen(Trait.EMBEDDED_OBJECT, "an equation of the old editor")
        case _:
            pass
    for address in dict.fromkeys(_ADDRESS.findall(stream)):
        yield Link(address.decode("ascii"))
    for address in dict.fromkeys(_WIDE_ADDRESS.findall(stream)):
        yield Link(address.decode("utf-16-le", "replace"))


def _package(stream: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an object that is a file: its name, the path it came from, and its octets (MS-OLEDS 2.3.6)."""
    names: list[str] = []
    at = 6
    for _ in range(2):
        end = stream.find(b"\x00", at)
        if end < 0:
            break
        names.append(stream[at:end].decode("windows-1252", "replace"))
        at = end + 1
    name = re.split(r"[\\/]", names[0])[-1] if names else ""
    at += 8  # two numbers, and the path that follows with its length
    at += int.from_bytes(stream[at - 4 : at], "little") if at <= len(stream) else 0
    size = int.from_bytes(stream[at : at + 4], "little")
    content = stream[at + 4 : at + 4 + size]
    if not content:  # it lies about its parts: then all of it is looked at
        content = stream[4:]
    yield Seen(Trait.EMBEDDED_OBJECT, f"the file {name or 'without a name'}, to click on")
    yield Member(name or "package", budget.gathered(iter([content])))


def _workbook(stream: bytes, octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Go through the records of a workbook (MS-XLS 2.1.4) to the first that makes no sense."""
    at = 0
    macro_sheets = 0
    for _ in range(1_000_000):
        kind = int.from_bytes(stream[at : at + 2], "little")
        size = int.from_bytes(stream[at + 2 : at + 4], "little")
        record = stream[at + 4 : at + 4 + size]
        if len(record) < size or at + 4 > len(stream):
            break
        at += 4 + size
        if kind == _FILEPASS:
            yield from _encrypted(octets, budget)
            return
        if kind == _BOUNDSHEET and len(record) > 7 and record[5] == _MACRO_SHEET:
            macro_sheets += 1
            hidden = ", hidden" if record[4] & 3 else ""
            yield Seen(Trait.MACRO, f"a sheet of Excel 4 macros{hidden}")
        if kind == _NAME_RECORD and len(record) > 15 and record[0] & 0x20 and record[15] == _AUTO_OPEN:
            yield Seen(Trait.MACRO_RUNS, "Auto_Open of Excel 4 macros")


def _encrypted(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Try to open what is encrypted: with the password that Excel tries by itself, and words of the message."""
    for password in (_USUAL_PASSWORD, *budget.passwords):
        opened = io.BytesIO()
        try:
            file = msoffcrypto.OfficeFile(io.BytesIO(octets))
            file.load_key(password=password, verify_password=True)
            file.decrypt(opened)
        except Exception:  # noqa: BLE001, S112 - a wrong password shows in many ways
            continue
        how = (
            "opens without being asked"
            if password == _USUAL_PASSWORD
            else "opened with a word of the message"
        )
        yield Seen(Trait.ENCRYPTED, how)
        yield Member("decrypted", budget.gathered(iter([opened.getvalue()])))
        return
    yield Seen(Trait.ENCRYPTED, "opens only with a password")


def read_outlook_message(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an Outlook message (MS-OXMSG): its text, and its attachments as members."""
    with olefile.OleFileIO(io.BytesIO(octets)) as ole:
        kept: dict[str, dict[str, bytes]] = {}
        for path in ole.listdir(streams=True, storages=False)[:MAX_STREAMS]:
            name = path[-1].lower()
            if not name.startswith("__substg1.0_"):
                continue
            stream = ole.openstream(path).read(budget.member)
            budget.spend(len(stream))
            kept.setdefault("/".join(path[:-1]), {})[name[12:]] = stream
    for storage, properties in kept.items():
        for text in (_property(properties, "0037"), _property(properties, "1000")):  # subject, body
            if text:
                yield Text(text[:_MAX_TEXT] + "\n")
        html = properties.get("10130102")
        if html:
            yield Member("body.html", budget.gathered(iter([html])))
        attached = properties.get("37010102")
        if attached is not None:
            name = _property(properties, "3707") or _property(properties, "3704") or storage
            yield Member(name, budget.gathered(iter([attached])))


def _property(properties: dict[str, bytes], number: str) -> str:
    wide, narrow = properties.get(f"{number}001f"), properties.get(f"{number}001e")
    if wide is not None:
        return wide.decode("utf-16-le", "replace")
    return narrow.decode("windows-1252", "replace") if narrow is not None else ""
