"""Where addresses are, by MMDB files: opened when needed, anew when one was replaced, shared by all that ask.

Between the country check, what keeps count by network, and the files. A file that cannot be read is a value: the
reason. Answers come from memory that the kernel maps; no octet is read before it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import maxminddb
from msgspec import Struct

from gatepost.checks.connection.address import Address

LOOK_EVERY: Final = 30.0  # seconds between looks at whether a file was replaced
_MAX_HOLDER: Final = 100


class Place(Struct, frozen=True, gc=False):
    """What the files say of an address: country (ISO 3166-1, "DE"), AS number ("AS64496"), whose that is."""

    country: str = ""
    network: str = ""
    holder: str = ""


class _Base:
    """One file: its reader while it is open, what it looked like then, and why it cannot be read."""

    __slots__ = ("looked", "path", "reader", "reason", "stamp")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reader: maxminddb.Reader | None = None
        self.reason = ""
        self.stamp: tuple[int, int, int] | None = None
        self.looked = float("-inf")


class Places:
    """The files of the settings. `monotonic` gives seconds that only grow."""

    def __init__(self, files: Sequence[Path], monotonic: Callable[[], float]) -> None:
        self._bases = tuple(map(_Base, files))
        self._monotonic = monotonic

    def of(self, address: Address) -> tuple[Place, tuple[tuple[str, str], ...]]:
        """Give what is known of an address, and the files that could not be read, with the reason for each."""
        country = network = holder = ""
        failures = []
        for base in self._bases:
            entry, reason = self._entry(base, address)
            if reason:
                failures.append((str(base.path), reason))
            country = (
                country
                or _text(entry, "country", "iso_code")
                or _text(entry, "registered_country", "iso_code")
            )
            number = entry.get("autonomous_system_number")
            if not network and isinstance(number, int) and number > 0:
                network, holder = f"AS{number}", _text(entry, "autonomous_system_organization")
        return Place(country[:2].upper(), network, holder[:_MAX_HOLDER]), tuple(failures)

    def close(self) -> None:
        """Close the files."""
        for base in self._bases:
            if base.reader is not None:
                base.reader.close()
                base.reader = None

    def _entry(self, base: _Base, address: Address) -> tuple[dict[str, Any], str]:
        now = self._monotonic()
        if now - base.looked >= LOOK_EVERY:
            base.looked = now
            _open(base)
        if base.reader is None:
            return {}, base.reason
        try:
            entry = base.reader.get(address)
        except maxminddb.InvalidDatabaseError as error:
            return {}, f"it is damaged: {error}"
        except ValueError:  # an IPv6 address, and a file that knows IPv4 only
            return {}, ""
        return entry if isinstance(entry, dict) else {}, ""


def _open(base: _Base) -> None:
    """Open a file, or anew when it is not the one that is open; keep that one when the new one cannot be read."""
    try:
        status = base.path.stat()
        stamp = (status.st_ino, status.st_mtime_ns, status.st_size)
        if stamp == base.stamp and base.reader is not None:
            return
        reader = maxminddb.open_database(base.path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        base.reason = f"{error.strerror or error}" if isinstance(error, OSError) else str(error)
        return
    if base.reader is not None:
        base.reader.close()
    base.reader, base.stamp, base.reason = reader, stamp, ""


def _text(entry: dict[str, Any], *keys: str) -> str:
    value: Any = entry
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
