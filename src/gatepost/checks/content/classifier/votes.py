"""The votes: who said of which message that it is spam or ham, kept so that each can be taken back.

A file that only grows: votes, votes taken back, returns to an earlier state. What stands of them is found by reading
it from the begin. A vote holds the places of a message's features, not its text: the model can be made again from
them, the message can not. Some 3 KB each.

Not for two writers at a time: `site.py` has the lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from struct import Struct as Layout
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

_FRAME: Final = Layout("<II")  # octets of the record, their CRC-32
_LARGEST: Final = 1 << 17


class Vote(Struct, frozen=True, array_like=True, tag="vote", gc=False):
    """A person's word on a message: its fingerprint, what it is, when that was said, and its packed features."""

    fingerprint: bytes
    spam: bool
    at: float
    features: bytes


class Withdrawal(Struct, frozen=True, array_like=True, tag="withdrawal", gc=False):
    """A vote is taken back."""

    fingerprint: bytes
    at: float


class Return(Struct, frozen=True, array_like=True, tag="return", gc=False):
    """All is as it was after the first `records` records."""

    records: int
    at: float


Record = Vote | Withdrawal | Return
_decoder: Final = msgspec.msgpack.Decoder(Record)
_encoder: Final = msgspec.msgpack.Encoder()


class Votes:
    """The votes in a file. Raises OSError when it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._records: list[Record] = []
        self._whole = 0
        octets = path.read_bytes() if path.exists() else b""
        while (record := _at(octets, self._whole)) is not None:
            if isinstance(record, Return) and not 0 <= record.records <= len(self._records):
                break
            length, _ = _FRAME.unpack_from(octets, self._whole)
            self._whole += _FRAME.size + length
            self._records.append(record)

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self._records)

    def standing(self) -> dict[bytes, Vote]:
        """Give the votes that stand, by fingerprint, in the order in which they were given."""
        last = [0]  # after so many records, the number of the last one that counts; they are numbered from 1
        before = [0]  # which one counted before each
        for number, record in enumerate(self._records, 1):
            before.append(last[-1])
            last.append(last[record.records] if isinstance(record, Return) else number)
        counting, number = [], last[-1]
        while number:
            counting.append(self._records[number - 1])
            number = before[number]
        found: dict[bytes, Vote] = {}
        for record in reversed(counting):
            match record:
                case Vote(fingerprint=fingerprint):
                    found.pop(fingerprint, None)
                    found[fingerprint] = record
                case Withdrawal(fingerprint=fingerprint):
                    found.pop(fingerprint, None)
                case Return():  # none of those counts
                    pass
        return found

    def add(self, records: Iterable[Record]) -> None:
        """Add records, and have them on disk. What a crash left of a record at the end is overwritten."""
        added = list(records)
        octets = b"".join(map(_framed, added))
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(descriptor, self._whole)
            written = 0
            while written < len(octets):
                written += os.pwrite(descriptor, octets[written:], self._whole + written)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._whole += len(octets)
        self._records += added


def digest(before: bytes, vote: Vote) -> bytes:
    """Give the fingerprint of a sequence of votes: that of those before it, and one more."""
    return blake2b(before + vote.fingerprint + (b"s" if vote.spam else b"h"), digest_size=16).digest()


def _framed(record: Record) -> bytes:
    octets = _encoder.encode(record)
    return _FRAME.pack(len(octets), crc32(octets)) + octets


def _at(octets: bytes, start: int) -> Record | None:
    """Read the record that begins there; None at the end, and where a crash cut one off."""
    if start + _FRAME.size > len(octets):
        return None
    length, checksum = _FRAME.unpack_from(octets, start)
    found = octets[start + _FRAME.size : start + _FRAME.size + length]
    if length > _LARGEST or len(found) != length or crc32(found) != checksum:
        return None
    try:
        record: Record = _decoder.decode(found)
    except msgspec.DecodeError:
        return None
    return record
