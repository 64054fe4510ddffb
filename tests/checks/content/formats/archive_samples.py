"""Archives of our own making: honest ones where no library here writes them, and those that no honest program makes.

None holds anything that does harm: the programs in them are a few marks.
"""

from __future__ import annotations

import io
import plistlib
import struct
import tarfile
import zipfile
import zlib

from libarchive import custom_writer
from msgspec import Struct

from gatepost.checks.content.formats.format import Budget, Reader
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import Item, walk

PE = (
    b"MZ"
    + bytes(58)
    + (128).to_bytes(4, "little")
    + bytes(64)
    + b"PE\x00\x00"
    + b"a program, or so it looks" * 9
)
TEXT = b"The quick brown fox jumps over the lazy dog. " * 20


def budget(octets: int = 1 << 24, member: int = 1 << 22, members: int = 300, *passwords: str) -> Budget:
    return Budget(octets, member, members, passwords)


def walked(octets: bytes, name: str = "sample", spent: Budget | None = None) -> list[Item]:
    """Walk through a file with the readers that the gateway has."""
    return list(walk(octets, name, spent or budget(), reader_of))


def found(octets: bytes, name: str = "sample", spent: Budget | None = None) -> dict[str, str]:
    """Give the kind of all that is in a file, by the way to it."""
    return {item.where.partition(" › ")[2]: item.kind for item in walked(octets, name, spent)[1:]}


def traits(octets: bytes, *passwords: str) -> list[tuple[str, str]]:
    """Give the traits of the outermost file."""
    seen = walked(octets, spent=budget(1 << 24, 1 << 22, 300, *passwords))[0].seen
    return [(str(each.trait), each.words) for each in seen]


def reader(kind: str) -> Reader:
    """Give the reader for a kind, which there is."""
    found = reader_of(kind)
    assert found is not None
    return found


class Stored(Struct, frozen=True):
    """A file of a zip, with whatever its two headers say; what is None is told as it is."""

    name: str | bytes = "a.txt"
    content: bytes = TEXT
    method: int = 0
    packed: bytes | None = None
    listed_name: str | bytes | None = None
    listed_method: int | None = None
    flags: int = 0
    listed_flags: int | None = None
    checksum: int | None = None
    size: int | None = None
    listed_packed: int | None = None
    extra: bytes = b""
    listed: bool = True
    local: bool = True
    attributes: int = 0
    behind: bytes = b""


def deflated(content: bytes) -> bytes:
    pressing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return pressing.compress(content) + pressing.flush()


def zipped(
    *files: Stored, prefix: bytes = b"", shift: int = 0, comment: bytes = b"", behind: bytes = b""
) -> bytes:
    """Write a zip as it is told, right or wrong. `shift` is added to all places that it tells."""
    out = bytearray(prefix)
    directory = bytearray()
    count = 0
    for file in files:
        name = octets_of(file.name)
        content = file.packed if file.packed is not None else file.content
        if file.packed is None and file.method == 8:
            content = deflated(file.content)
        checksum = zlib.crc32(file.content) if file.checksum is None else file.checksum
        size = len(file.content) if file.size is None else file.size
        place = len(out) + shift
        if file.local:
            out += struct.pack(
                "<4s5H3L2H",
                b"PK\x03\x04",
                20,
                file.flags,
                file.method,
                0,
                33,
                checksum,
                len(content),
                size,
                len(name),
                len(file.extra),
            )
            out += name + file.extra
        out += content + file.behind
        if file.listed:
            count += 1
            listed = name if file.listed_name is None else octets_of(file.listed_name)
            directory += struct.pack(
                "<4s6H3L5H2L", b"PK\x01\x02", 20, 20,
                file.flags if file.listed_flags is None else file.listed_flags,
                file.method if file.listed_method is None else file.listed_method,
                0, 33, checksum, len(content) if file.listed_packed is None else file.listed_packed, size,
                len(listed), len(file.extra), 0, 0, 0, file.attributes, place,
            ) + listed + file.extra  # fmt: skip
    place = len(out) + shift
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), place, len(comment))
    return bytes(out + directory + end) + comment + behind


def octets_of(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def by_zipfile(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return file.getvalue()


def zipcrypted(content: bytes, password: bytes, check: int) -> bytes:
    """Encrypt as PKWARE did first (APPNOTE 6.1)."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(value: int, octet: int) -> int:
        return zlib.crc32(bytes([octet]), value ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def turn(octet: int) -> None:
        keys[0] = crc(keys[0], octet)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    for octet in password:
        turn(octet)
    out = bytearray()
    for octet in bytes(11) + bytes([check]) + content:
        mask = (keys[2] & 0xFFFF) | 2
        out.append(octet ^ ((mask * (mask ^ 1)) >> 8 & 0xFF))
        turn(octet)
    return bytes(out)


def locked_zip(name: str = "invoice.exe", content: bytes = PE, password: bytes = b"geheim7") -> bytes:
    return zipped(
        Stored(name, content, packed=zipcrypted(content, password, zlib.crc32(content) >> 24), flags=1)
    )


def tarred(*files: tuple[str, bytes], dialect: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=dialect) as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def linked_tar(name: str, target: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = tarfile.SYMTYPE, target
        archive.addfile(info)
    return file.getvalue()


def by_libarchive(kind: str, *files: tuple[str, bytes], packing: str | None = None) -> bytes:
    """Write what libarchive writes: 7zip, iso9660, cpio_newc, ar_svr4, xar; or raw octets, packed."""
    pieces: list[bytes] = []

    def write(octets: bytes) -> int:
        pieces.append(bytes(octets))
        return len(octets)

    with custom_writer(write, kind, packing) as archive:
        for name, content in files:
            archive.add_file_from_memory(name, len(content), content)
    return b"".join(pieces)


def rar4(*files: tuple[str, bytes], locked: bool = False, hidden: bool = False) -> bytes:
    """Write a RAR of version 4, stored."""
    out = b"Rar!\x1a\x07\x00" + _rar4_block(0x73, 0x80 if hidden else 0, bytes(6))
    for name, content in files:
        fields = struct.pack(
            "<LLBLLBBHL", len(content), len(content), 2, zlib.crc32(content), 0x21, 29, 0x30, len(name), 0x20
        )
        out += _rar4_block(0x74, 0x8000 | (4 if locked else 0), fields + name.encode()) + content
    return out + _rar4_block(0x7B, 0x4000, b"")


def _rar4_block(kind: int, flags: int, fields: bytes) -> bytes:
    body = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body


def rar5(*files: tuple[str, bytes], locked: bool = False, hidden: bool = False) -> bytes:
    """Write a RAR of version 5, stored."""
    out = b"Rar!\x1a\x07\x01\x00"
    if hidden:
        return out + _rar5_block(4, b"\x00\x00\x0f" + bytes(16)) + bytes(range(64))
    out += _rar5_block(1, b"\x00")
    for name, content in files:
        body = vint(4) + vint(len(content)) + vint(0x20) + struct.pack("<L", zlib.crc32(content))
        body += vint(0) + vint(1) + vint(len(name.encode())) + name.encode()
        extra = (vint(49) + b"\x01\x00\x00\x0f" + bytes(range(46))) if locked else b""
        out += _rar5_block(2, body, content, extra) + content
    return out + _rar5_block(5, b"\x00")


def _rar5_block(kind: int, body: bytes, data: bytes = b"", extra: bytes = b"") -> bytes:
    flags = (1 if extra else 0) | (2 if data else 0)
    fields = (
        vint(kind) + vint(flags) + (vint(len(extra)) if extra else b"") + (vint(len(data)) if data else b"")
    )
    fields += body + extra
    sized = vint(len(fields)) + fields
    return struct.pack("<L", zlib.crc32(sized)) + sized


def vint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def cabinet(*files: tuple[str, bytes]) -> bytes:
    """Write a cabinet of one folder, stored ([MS-CAB])."""
    data = b"".join([content for _, content in files])
    blocks = [data[at : at + 32768] for at in range(0, len(data), 32768)]
    entries = bytearray()
    at = 0
    for name, content in files:
        entries += struct.pack("<LLHHHH", len(content), at, 0, 0x21, 0, 0x20) + name.encode() + b"\0"
        at += len(content)
    start = 36 + 8 + len(entries)
    packed = b"".join([struct.pack("<LHH", 0, len(block), len(block)) + block for block in blocks])
    head = struct.pack(
        "<4sLLLLLBBHHHHH", b"MSCF", 0, start + len(packed), 0, 44, 0, 3, 1, 1, len(files), 0, 0, 0
    )
    return head + struct.pack("<LHH", start, len(blocks), 0) + bytes(entries) + packed


def lha(name: str, content: bytes) -> bytes:
    """Write an LHA archive, stored, with a header of level 0."""
    body = b"-lh0-" + struct.pack("<LLLBB", len(content), len(content), 0x21, 0x20, 0)
    body += bytes([len(name)]) + name.encode() + struct.pack("<H", crc16(content))
    return bytes([len(body), sum(body) & 0xFF]) + body + content + b"\0"


def crc16(octets: bytes) -> int:
    value = 0
    for octet in octets:
        value ^= octet
        for _ in range(8):
            value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value


def rpm(*files: tuple[str, bytes]) -> bytes:
    """Write a package of Red Hat with no headers worth the name around its archive."""
    header = b"\x8e\xad\xe8\x01" + bytes(4) + struct.pack(">LL", 0, 0)
    return (
        b"\xed\xab\xee\xdb\x03\x00"
        + bytes(90)
        + header
        + header
        + by_libarchive("cpio_newc", *files, packing="gzip")
    )


def vhd(*contents: bytes) -> bytes:
    """Write an image of a hard disk with files in one piece each, behind some sectors of a file system."""
    disk = bytes(1024)
    for content in contents:
        disk += content + bytes(-len(content) % 512) + bytes(512)
    return disk + b"conectix" + bytes(504)


def udf(*files: tuple[str, bytes]) -> bytes:
    """Write an image of a DVD with its files in one folder (ECMA-167): no ISO 9660 beside it."""

    def tagged(kind: int, body: bytes) -> bytes:
        tag = bytearray(struct.pack("<HH12x", kind, 2))
        tag[4] = (sum(tag) - tag[4]) & 0xFF
        return bytes(tag) + body.ljust(2032, b"\0")

    def entry(kind: int, size: int, block: int) -> bytes:
        icb = bytes(11) + bytes([kind]) + bytes(6) + struct.pack("<H", 0)
        return tagged(
            261,
            icb + bytes(20) + struct.pack("<Q", size) + bytes(104) + struct.pack("<4L", 0, 8, size, block),
        )

    def named(name: bytes, traits: int, block: int) -> bytes:
        body = struct.pack("<HBBLLH6xH", 1, traits, len(name), 2048, block, 0, 0) + name
        octets = tagged(257, body)[: 16 + len(body)]
        return octets + bytes(-len(octets) % 4)

    listing = named(b"", 10, 1)
    contents: list[bytes] = []
    block = 4
    for name, content in files:
        listing += named(b"\x10" + name.encode("utf-16-be"), 0, block)
        padded = content + bytes(-len(content) % 2048)
        contents += [entry(5, len(content), block + 1), padded]
        block += 1 + len(padded) // 2048
    partition = tagged(256, bytes(384) + struct.pack("<LL", 2048, 1)) + entry(4, len(listing), 2)
    partition += listing.ljust(4096, b"\0") + b"".join(contents)
    sequence = (
        tagged(5, bytes(172) + struct.pack("<L", 257))
        + tagged(6, bytes(232) + struct.pack("<LL", 2048, 0))
        + tagged(8, b"")
    )
    marks = b"".join([(b"\0" + mark + b"\1").ljust(2048, b"\0") for mark in (b"BEA01", b"NSR02", b"TEA01")])
    image = bytes(32768) + marks + bytes(13 * 2048) + sequence
    return image.ljust(256 * 2048, b"\0") + tagged(2, struct.pack("<2L", 3 * 2048, 32)) + partition


def dmg(*contents: bytes) -> bytes:
    """Write an image of macOS: one partition, compressed in one run."""
    plain = bytes(1024) + b"".join([content + bytes(-len(content) % 512) for content in contents])
    packed = zlib.compress(plain)
    rows = struct.pack(">2L4Q", 0x80000005, 0, 0, len(plain) // 512, 0, len(packed))
    rows += struct.pack(">2L4Q", 0xFFFFFFFF, 0, len(plain) // 512, 0, len(packed), 0)
    table = b"mish" + bytes(196) + struct.pack(">L", 2) + rows
    listing = plistlib.dumps({"resource-fork": {"blkx": [{"Data": table, "ID": "0"}]}})
    tail = b"koly" + bytes(20) + struct.pack(">2Q", 0, len(packed)) + bytes(176)
    tail += struct.pack(">2Q", len(packed), len(listing))
    return packed + listing + tail + bytes(512 - len(tail))


def tnef(*files: tuple[str, bytes], long_names: bool = True) -> bytes:
    """Write a winmail.dat ([MS-OXTNEF])."""
    out = bytearray(b"\x78\x9f\x3e\x22\x01\x00") + _attribute(1, 0x00089006, b"\0\0\1\0")
    for name, content in files:
        short = name.encode("ascii", "replace")[-12:] if long_names else name.encode("cp1252")
        out += _attribute(2, 0x00069002, bytes(14)) + _attribute(2, 0x00018010, short + b"\0")
        out += _attribute(2, 0x0006800F, content)
        if long_names:
            text = (name + "\0").encode("utf-16-le")
            values = struct.pack("<LHHL", 2, 0x0003, 0x3705, 1)
            values += struct.pack("<HHLL", 0x001F, 0x3707, 1, len(text)) + text + bytes(-len(text) % 4)
            out += _attribute(2, 0x00069005, values)
    return bytes(out)


def _attribute(level: int, name: int, value: bytes) -> bytes:
    return struct.pack("<BLL", level, name, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def overlapping_zip(files: int, size: int) -> bytes:
    """Write a zip whose files all end in the same octets: each begins with a stored block that holds the next header.

    This is how D. Fifield's "better zip bomb" is made (WOOT 2019).
    """
    packed, content = deflated(bytes(size)), bytes(size)
    headers: list[tuple[bytes, bytes]] = []
    for number in reversed(range(files)):
        name = b"%05d" % number
        told = struct.pack("<3L2H", zlib.crc32(content), len(packed), len(content), len(name), 0)
        header = struct.pack("<4s5H", b"PK\x03\x04", 20, 0, 8, 0, 33) + told + name
        listed = struct.pack("<4s6H", b"PK\x01\x02", 20, 20, 0, 8, 0, 33) + told + bytes(10)
        headers.append((header, listed))
        if number:
            packed = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + header + packed
            content = header + content
    directory = b""
    at = 0
    for header, listed in reversed(headers):
        directory += listed + struct.pack("<L", at) + header[30:]
        at += len(header) + 5
    body = headers[-1][0] + packed
    return (
        body
        + directory
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, files, files, len(directory), len(body), 0)
    )
