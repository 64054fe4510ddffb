"""Everything that a check can find, and what is done about it unless the settings say otherwise.

One row for each finding: what it means, the choice, the reason for the choice. The settings page, `gatepost policy`
and the rules are made from this table, so a finding that is not in it can have no rule. Knows entry ids, not replies.
A module for each family of checks, in the order in which a message meets them.
"""

from __future__ import annotations

from typing import Final

from gatepost.policy.known.connection import CONNECTION
from gatepost.policy.known.content import CONTENT
from gatepost.policy.known.files import FILES
from gatepost.policy.known.identity import IDENTITY
from gatepost.policy.known.lists import LISTS
from gatepost.policy.known.row import Choice, Known
from gatepost.policy.known.text import TEXT

__all__ = ["KNOWN", "Choice", "Known"]

KNOWN: Final[dict[str, Known]] = {
    row.finding: row for row in (*LISTS, *CONNECTION, *IDENTITY, *CONTENT, *FILES, *TEXT)
}
