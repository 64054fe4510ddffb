"""The archives and packages that libarchive opens, and old ones that nobody opens any more."""

from __future__ import annotations

from collections.abc import Iterator

from gatepost.checks.content.formats import libarchive
from gatepost.checks.content.formats.format import Budget, Seen, Sight, Trait


def sevenzip(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a 7z archive."""
    yield from libarchive.read(octets, budget, "7zip")


def cab(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a cabinet of Windows."""
    yield from libarchive.read(octets, budget, "cab")


def lha(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an LHA archive."""
    yield from libarchive.read(octets, budget, "lha")


def cpio(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a cpio archive."""
    yield from libarchive.read(octets, budget, "cpio")


def ar(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read an ar archive, such as a package of Debian is."""
    yield from libarchive.read(octets, budget, "ar")


def rpm(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a package of Red Hat: a cpio archive, compressed behind headers."""
    yield from libarchive.read(octets, budget, "cpio", *libarchive.RPM)


def xar(octets: bytes, budget: Budget) -> Iterator[Sight]:
    """Read a xar archive, such as a package of macOS is."""
    yield from libarchive.read(octets, budget, "xar")


def old(octets: bytes, budget: Budget) -> Iterator[Sight]:  # noqa: ARG001 - it is a reader
    """Say that there is nobody to open an ARJ, ACE or ZOO archive."""
    yield Seen(Trait.UNSEEN, "an old kind of archive that cannot be opened here")
