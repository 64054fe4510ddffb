"""What libarchive opens: 7z, rar, cab, iso, lha, cpio, ar, xar and rpm, and what zip has beyond the standard library.

It is a library of the system (libarchive13 of Debian). Where it is missing, files of these kinds are unseen and say
so. It unpacks piece by piece, and nothing but what it is told a file is; its other formats stay closed.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from typing import Any, Final

from gatepost.checks.content.formats.format import Budget, ExhaustedError, Member, Seen, Sight, Trait
from gatepost.checks.content.formats.names import locked, outside, shown
from gatepost.checks.content.formats.streams import PIECE

try:
    from libarchive import ArchiveError, ffi  # type: ignore[import-untyped]  # it has no types
    from libarchive.entry import new_archive_entry  # type: ignore[import-untyped]  # it has no types
    from libarchive.read import new_archive_read  # type: ignore[import-untyped]  # it has no types
except (ImportError, OSError, AttributeError, TypeError):  # how it lacks its library depends on the system
    ffi = None

RPM: Final = ("rpm", "gzip", "bzip2", "lzma", "xz", "zstd")
"""What is around the archive in a package of Red Hat."""
_MISSING: Final = "cannot be opened here: libarchive is missing; install libarchive13"
_MAX_HEADERS: Final = 20_000
"""Files, folders and links that one archive may name."""
_SHORTEST: Final = 8
"""Octets that any of its formats has; of fewer, its filter for compress reads behind them and dies (3.6.2)."""
_FILE: Final = 0o100000

if ffi is not None:
    logging.getLogger("libarchive").disabled = True  # it warns about what strangers send
    _is_encrypted: Final[Any] = ffi.ffi("entry_is_encrypted", [ctypes.c_void_p], ctypes.c_int)
    _format: Final[Any] = ffi.ffi("format", [ctypes.c_void_p], ctypes.c_int)
    _name_in_utf8: Final[Any] = ffi.ffi("entry_pathname_utf8", [ctypes.c_void_p], ctypes.c_char_p)
    _has_encrypted: Final[Any] = ffi.ffi("read_has_encrypted_entries", [ctypes.c_void_p], ctypes.c_int)


def read(octets: bytes, budget: Budget, kind: str, *packings: str, name: str = "") -> Iterator[Sight]:
    """Read an archive of a kind, by the names that libarchive has for it and for what may be around it.

    `name` is for the one member of what is no archive.
    """
    if ffi is None:
        yield Seen(Trait.UNSEEN, _MISSING)
        return
    if len(octets) < _SHORTEST:
        yield Seen(Trait.DAMAGED, "it is cut off")
        return
    any_locked = False
    with new_archive_read(kind, "none") as archive, new_archive_entry() as entry:
        for packing in packings:
            ffi.get_read_filter_function(packing)(archive)
        try:
            ffi.read_open_memory(archive, octets, len(octets))
            for _ in range(_MAX_HEADERS):
                if ffi.read_next_header2(archive, entry) == ffi.ARCHIVE_EOF:
                    return
                any_locked = any_locked or bool(_is_encrypted(entry))
                yield from _entry(archive, entry, budget, name)
        except ArchiveError as error:
            if (
                not _format(archive) or _has_encrypted(archive) != 1
            ):  # the second dies where there is no first
                yield Seen(Trait.DAMAGED, _words(error))
            elif not any_locked:
                yield Seen(Trait.ENCRYPTED, "the names of its files are hidden too")
            return
    raise ExhaustedError(f"more than {_MAX_HEADERS:,} files and folders")


def unlocked(octets: bytes, passwords: tuple[str, ...]) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Open the one file of a zip archive by each password in turn; give the password, and the pieces unpacked.

    Pieces raise ValueError where the password is wrong, or the method is none that libarchive knows. "" opens what is
    not encrypted.
    """
    if ffi is None:
        return
    for password in passwords:
        yield password, _pieces_of_zip(octets, password)


def salvaged(pieces: Iterator[bytes], trouble: list[str]) -> Iterator[bytes]:
    """Give what there is, and put down in words what was wrong with the rest."""
    try:
        yield from pieces
    except ValueError as error:
        trouble.append(str(error))


def _pieces_of_zip(octets: bytes, password: str) -> Iterator[bytes]:
    with new_archive_read("zip", "none", password or None) as archive, new_archive_entry() as entry:
        try:
            ffi.read_open_memory(archive, octets, len(octets))
            if ffi.read_next_header2(archive, entry) == ffi.ARCHIVE_EOF:
                return
        except ArchiveError as error:
            raise ValueError(_words(error)) from None
        yield from _pieces(archive)


def _entry(archive: int, entry: int, budget: Budget, name: str) -> Iterator[Sight]:
    name = name or _text(_name_in_utf8(entry) or ffi.entry_pathname(entry))
    if link := ffi.entry_symlink(entry) or ffi.entry_hardlink(entry):
        if outside(target := _text(link)):
            words = f"{shown(name)} is a link that leads out of the folder, to {shown(target)}"
            yield Seen(Trait.TRICK_NAME, words)
        return
    if ffi.entry_filetype(entry) not in (_FILE, 0):
        return
    trouble: list[str] = []
    content = budget.gathered(salvaged(_pieces(archive), trouble))
    if _is_encrypted(entry):
        yield from locked(name)
        return
    if trouble:
        yield Seen(Trait.DAMAGED, f"{shown(name)}: {trouble[0]}")
    if content or not trouble:
        yield Member(name, content)


def _pieces(archive: int) -> Iterator[bytes]:
    """Read the data of the entry at hand, without its holes. Raises ValueError."""
    block, size, place = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_longlong()
    try:
        while (status := ffi.read_data_block(archive, block, size, place)) == ffi.ARCHIVE_OK:
            for at in range(0, size.value, PIECE):
                yield ctypes.string_at((block.value or 0) + at, min(PIECE, size.value - at))
    except ArchiveError as error:
        raise ValueError(_words(error)) from None
    if status < 0:  # no more than a warning: of a wrong checksum
        raise ValueError(_text(ffi.error_string(archive)) or "it cannot be read")


def _words(error: ArchiveError) -> str:
    return _text(error.msg) or "it cannot be read"


def _text(octets: bytes | str | None) -> str:
    """Read a name or words as UTF-8 whatever the locale, else as they stand there."""
    if not isinstance(octets, bytes):
        return octets or ""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")
