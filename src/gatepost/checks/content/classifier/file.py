"""The model in files: each version one, the newest also under the name that the workers know.

A file is written beside the others and then renamed, so a reader sees a whole one, the old or the new. The workers
map it: its weights are in memory once, however many workers there are.
"""

from __future__ import annotations

import mmap
import os
import sys
from array import array
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from gatepost.checks.content.classifier.features import PLACES
from gatepost.checks.content.classifier.learning import Learner
from gatepost.checks.content.classifier.model import Model, Weights

CURRENT: Final = "model"
KEPT: Final = 5
"""Versions that can be returned to."""
FORM: Final = 1
"""What the places mean: a file of another form was made by a Gatepost that reads other features."""
_HEADER: Final = 4096
_TABLE: Final = 4 * PLACES
_SIZE: Final = _HEADER + 6 * _TABLE


class Version(Struct, frozen=True, kw_only=True):
    """What a file says of its model: its number, when it was made, from which votes.

    `digest` is the fingerprint of the votes in their order (hexadecimal); `checksum` the CRC-32 of the weights.
    """

    form: int
    number: int
    made: float
    spam: int
    ham: int
    records: int
    digest: str
    checksum: int


class NoModel(Exception):  # noqa: N818 - it tells what is there
    """There is no model in that file; the words say why."""


class Loaded:
    """A model in a file that is mapped into memory: only what is asked for is read."""

    def __init__(self, path: Path) -> None:
        self.version, self._octets = _mapped(path)
        header, body, octets = (self._table(number) for number in range(3))
        self.model: Final = Model(header, body, octets, spam=self.version.spam, ham=self.version.ham)

    def _table(self, number: int) -> Weights:
        start = _HEADER + number * _TABLE
        return memoryview(self._octets)[start : start + _TABLE].cast("f")


def write(folder: Path, version: Version, learner: Learner) -> Version:
    """Write a version and make it the current one. Raises OSError."""
    octets = [_little(table).tobytes() for table in (*learner.tables, *learner.doubts)]
    version = msgspec.structs.replace(version, checksum=_checksum(octets))
    head = msgspec.json.encode(version).ljust(_HEADER, b" ")
    path, new = folder / f"{CURRENT}.{version.number:06d}", folder / f"{CURRENT}.new"
    with new.open("wb") as file:
        file.writelines((head, *octets))
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    new.unlink(missing_ok=True)
    os.link(path, new)
    new.rename(folder / CURRENT)
    for old in versions(folder)[KEPT:]:
        (folder / f"{CURRENT}.{old.number:06d}").unlink(missing_ok=True)
    return version


def versions(folder: Path) -> list[Version]:
    """List the versions that are there, the newest first."""
    found = []
    for path in folder.glob(f"{CURRENT}.[0-9]*"):
        try:
            found.append(_version(path.read_bytes()[:_HEADER] if path.stat().st_size == _SIZE else b""))
        except (NoModel, OSError):
            continue
    return sorted(found, key=lambda version: -version.number)


def resume(folder: Path, number: int) -> Learner:
    """Go on from a version: its learner, which knows nothing yet of the messages it learned. Raises NoModel."""
    _, octets = _mapped(folder / f"{CURRENT}.{number:06d}")
    learner = Learner()
    for index, table in enumerate((*learner.tables, *learner.doubts)):
        start = _HEADER + index * _TABLE
        read = array("f")
        read.frombytes(octets[start : start + _TABLE])
        table[:] = _little(read)
    octets.close()
    return learner


def _mapped(path: Path) -> tuple[Version, mmap.mmap]:
    """Map a file and see that it is whole. Raises NoModel."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size != _SIZE:
                raise NoModel(f"{path.name} is no model, or was cut off")
            octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise NoModel(f"{path.name} cannot be read: {error.strerror}") from None
    version = _version(octets[:_HEADER])
    whole = memoryview(octets)
    if _checksum([whole[_HEADER:]]) != version.checksum:
        raise NoModel(f"{path.name} is damaged")
    return version, octets


def _version(head: bytes) -> Version:
    try:
        version = msgspec.json.decode(head.strip(), type=Version)
    except msgspec.DecodeError:
        raise NoModel("there is a file that is no model") from None
    if version.form != FORM:
        raise NoModel("the model was made by another version of Gatepost; teach it again")
    return version


def _checksum(pieces: list[bytes] | list[memoryview]) -> int:
    total = 0
    for piece in pieces:
        total = crc32(piece, total)
    return total


def _little(table: array[float]) -> array[float]:
    """Turn a table from or to the order of octets in the file."""
    if sys.byteorder == "big":
        table = table[:]
        table.byteswap()
    return table
