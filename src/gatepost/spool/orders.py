"""What persons order about held messages, on its way to the one process that may write their shard.

An order is a file in the folder `orders` of the shard: durable when `place` returns, there until it was carried out,
whoever dies meanwhile. Then its name ends in the answer, for the one who waits for it. Knows nothing of messages; the
folder is as private as the shard.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

FOLDER: Final = "orders"
MAX_ORDER: Final = 4096
Act = Literal["release", "delete"]
Answer = Literal["done", "moot", "bad"]
"""Carried out; there was nothing (any more) to carry it out on; not to be read."""

_ORDER: Final = ".order"
_PART: Final = ".part"
_ANSWERS: Final[tuple[Answer, ...]] = ("done", "moot", "bad")


class Order(Struct, frozen=True, kw_only=True):
    """Release or delete one held message; `by` whom, "" for nobody but the settings, and then the `reason`."""

    act: Act
    message: str
    by: str
    time: float
    reason: str = ""


class Orders:
    """The orders to one shard, in the order in which they were placed."""

    def __init__(self, shard: Path) -> None:
        self._folder = shard / FOLDER

    def place(self, order: Order) -> str:
        """Place an order durably; give its name. Raises OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{time.time_ns():020}-{os.getpid()}"
        part = self._folder / (name + _PART)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)  # the gateway reads what root wrote
        try:
            os.write(fd, msgspec.json.encode(order))
            os.fsync(fd)
        finally:
            os.close(fd)
        part.rename(self._folder / (name + _ORDER))
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return name

    def pending(self) -> list[str]:
        """Name the orders that are not carried out yet, the oldest first."""
        return sorted([path.stem for path in self._files() if path.suffix == _ORDER])

    def read(self, name: str) -> Order | None:
        """Read an order; None when it makes no sense, or is not there any more."""
        try:
            with (self._folder / (name + _ORDER)).open("rb") as file:
                return msgspec.json.decode(file.read(MAX_ORDER), type=Order)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def answer(self, name: str, answer: Answer) -> None:
        """End an order. Raises OSError; then it stays."""
        (self._folder / (name + _ORDER)).rename(self._folder / f"{name}.{answer}")

    def answered(self, name: str) -> Answer | None:
        """Tell the answer to an order once there is one; the order is forgotten with it."""
        for answer in _ANSWERS:
            path = self._folder / f"{name}.{answer}"
            if path.exists():
                path.unlink(missing_ok=True)
                return answer
        return None

    def forget(self, before: float) -> None:
        """Forget answers that nobody has fetched, and orders that were never placed, from before a time."""
        for path in self._files():
            with suppress(OSError):  # fetched just now
                if path.suffix != _ORDER and path.stat().st_mtime < before:
                    path.unlink()

    def _files(self) -> list[Path]:
        try:
            return list(self._folder.iterdir())
        except OSError:  # there never was an order
            return []
