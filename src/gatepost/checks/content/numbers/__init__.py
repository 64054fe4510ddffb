"""Numbers that should not leave a house by mail: cards, bank accounts, and what states know people by.

Pure functions over text; they know no message. `KINDS` has all, by the name that settings use.
"""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.numbers.card import CARD
from gatepost.checks.content.numbers.iban import IBAN
from gatepost.checks.content.numbers.kind import Kind, masked, numbers
from gatepost.checks.content.numbers.national import NATIONAL

__all__ = ["KINDS", "Kind", "masked", "numbers"]

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (CARD, IBAN, *NATIONAL)}
