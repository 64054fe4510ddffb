"""The catalogue: everything the gateway can say, each with its one situation and its explanation.

A constant per entry (its id in upper case, "-" as "_"), in one module per stretch of the dialogue, and all of
them by id in `ENTRIES`. What is not here cannot be sent. Imports nothing but the form of an entry.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from gatepost.reply.catalogue import commands, connection, content, scanned, session, standing, transaction

# Each entry is written once; its module is the only list of names.
from gatepost.reply.catalogue.commands import *  # noqa: F403
from gatepost.reply.catalogue.connection import *  # noqa: F403
from gatepost.reply.catalogue.content import *  # noqa: F403
from gatepost.reply.catalogue.scanned import *  # noqa: F403
from gatepost.reply.catalogue.session import *  # noqa: F403
from gatepost.reply.catalogue.standing import *  # noqa: F403
from gatepost.reply.catalogue.transaction import *  # noqa: F403
from gatepost.reply.entry import Entry


def collect(*modules: ModuleType) -> dict[str, Entry]:
    """Gather the entries of modules by id, in the order written. Raises ValueError on a double id."""
    entries: dict[str, Entry] = {}
    for module in modules:
        for name, value in vars(module).items():
            if not isinstance(value, Entry):
                continue
            if value.id in entries:
                raise ValueError(f"{value.id} is in the catalogue twice")
            if name != value.id.upper().replace("-", "_"):
                raise ValueError(f"{name} is not the name for {value.id}")
            entries[value.id] = value
    return entries


ENTRIES: Final = collect(connection, session, commands, transaction, standing, content, scanned)
