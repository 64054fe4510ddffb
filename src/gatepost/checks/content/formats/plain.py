"""The reader for files that are text: calendars, cards, XML, and text itself. What they say, and where it leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from gatepost.checks.content.formats.format import Budget, Link, Sight, Text
from gatepost.checks.content.formats.text import addresses, decoded

MAX_READ: Final = 1_000_000
_FOLD: Final = re.compile(r"\r?\n[ \t]")  # RFC 5545 §3.1, RFC 6350 §3.2
_SCHEMA: Final = re.compile(r"https?://(?:www\.w3\.org|schemas?\.[a-z]+\.(?:com|org))/", re.IGNORECASE)


def read_text(octets: bytes, budget: Budget) -> Iterator[Sight]:  # noqa: ARG001 - a reader's signature
    """Read text as it stands."""
    yield from _read(decoded(octets[:MAX_READ]))


def read_folded(octets: bytes, budget: Budget) -> Iterator[Sight]:  # noqa: ARG001 - a reader's signature
    """Read a calendar or a card, whose long lines are folded."""
    yield from _read(_FOLD.sub("", decoded(octets[:MAX_READ])))


def _read(text: str) -> Iterator[Sight]:
    yield Text(text)
    for address in addresses(text):
        if not _SCHEMA.match(address):
            yield Link(address)
