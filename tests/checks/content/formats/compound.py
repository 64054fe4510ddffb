"""Writing compound files (MS-CFB, version 3) and the compression of macros, for tests: no library writes them."""

from __future__ import annotations

import struct
from collections.abc import Mapping

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF

Storage = Mapping[str, "bytes | Storage"]


def compound(files: Storage) -> bytes:
    """Write a compound file: streams as octets, storages as mappings."""
    entries: list[list[object]] = [["Root Entry", 5, _NONE, b"", _NONE]]  # name, type, child, content, right

    def add(storage: Storage, parent: int) -> None:
        former = None
        for name, content in storage.items():
            entries.append([name, 2 if isinstance(content, bytes) else 1, _NONE, b"", _NONE])
            here = len(entries) - 1
            if former is None:
                entries[parent][2] = here
            else:
                entries[former][4] = here
            former = here
            if isinstance(content, bytes):
                entries[here][3] = content
            else:
                add(content, here)

    add(files, 0)
    sectors: list[bytes] = []
    fat: list[int] = []
    mini, mini_fat = bytearray(), []

    def store(content: bytes) -> int:
        if not content:
            return _END
        start = len(sectors)
        count = -(-len(content) // _SECTOR)
        for number in range(count):
            sectors.append(content[number * _SECTOR : (number + 1) * _SECTOR].ljust(_SECTOR, b"\0"))
            fat.append(start + number + 1 if number + 1 < count else _END)
        return start

    places: list[tuple[int, int]] = []
    for entry in entries:
        content = entry[3]
        assert isinstance(content, bytes)
        if entry[1] != 2 or not content:
            places.append((_END, 0))
        elif len(content) >= _CUTOFF:
            places.append((store(content), len(content)))
        else:
            start = len(mini_fat)
            count = -(-len(content) // _MINI)
            mini_fat += [start + n + 1 if n + 1 < count else _END for n in range(count)]
            mini += content.ljust(count * _MINI, b"\0")
            places.append((start, len(content)))
    places[0] = (store(bytes(mini)), len(mini))
    mini_fat_start = store(b"".join(struct.pack("<I", n) for n in mini_fat))
    mini_fat_count = -(-len(mini_fat) * 4 // _SECTOR)
    directory = b"".join(
        [_entry(*entry, *place) for entry, place in zip(entries, places, strict=True)]  # type: ignore[misc]
    )
    directory_start = store(directory.ljust(-(-len(directory) // _SECTOR) * _SECTOR, b"\0"))
    count = 1
    while (len(fat) + count) * 4 > count * _SECTOR:
        count += 1
    first = len(sectors)
    table = [*fat, *[_FAT] * count]
    table += [_FREE] * (count * _SECTOR // 4 - len(table))
    sectors += [struct.pack("<128I", *table[n * 128 : n * 128 + 128]) for n in range(count)]
    header = struct.pack(
        "<8s16sHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, 0, count, directory_start, 0, _CUTOFF,
        mini_fat_start if mini_fat else _END, mini_fat_count, _END, 0,
    )  # fmt: skip
    places_of_fat = [*range(first, first + count), *[_FREE] * (109 - count)]
    return header + struct.pack("<109I", *places_of_fat) + b"".join(sectors)


def _entry(name: str, kind: int, child: int, content: bytes, right: int, start: int, size: int) -> bytes:
    wide = name.encode("utf-16-le") + b"\0\0"
    return wide.ljust(64, b"\0") + struct.pack(
        "<HBBIII16xI16xIQ", len(wide), kind, 1, _NONE, right, child, 0, start, size
    )


def packed(source: bytes) -> bytes:
    """Compress as MS-OVBA 2.4.1 allows: all octets as they are, eight behind each flag octet."""
    out = bytearray(b"\x01")
    for at in range(0, len(source), 3000):
        piece = source[at : at + 3000]
        chunk = b"".join(b"\0" + piece[n : n + 8] for n in range(0, len(piece), 8))
        out += struct.pack("<H", (len(chunk) - 1) | 0xB000) + chunk
    return bytes(out)


def macro(code: str, name: str = "ThisDocument") -> bytes:
    """Write the stream of a module."""
    return bytes(200) + packed(f'Attribute VB_Name = "{name}"\r\n{code}'.encode("windows-1252"))
