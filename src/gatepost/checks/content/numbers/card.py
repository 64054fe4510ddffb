"""Numbers of payment cards: the ranges of their issuers, and the digit that Luhn's rule (ISO/IEC 7812-1) gives."""

from __future__ import annotations

import re
from typing import Final

from gatepost.checks.content.numbers.kind import Kind, compact

_LONG: Final = (16, 17, 18, 19)
_ISSUERS: Final[tuple[tuple[str, str, tuple[int, ...]], ...]] = (
    ("4", "4", (13, 16, 19)),  # Visa
    ("51", "55", (16,)),  # Mastercard
    ("2221", "2720", (16,)),
    ("34", "34", (15,)),  # American Express
    ("37", "37", (15,)),
    ("300", "305", (14, *_LONG)),  # Diners Club
    ("3095", "3095", (14, *_LONG)),
    ("36", "36", (14, *_LONG)),
    ("38", "39", (14, *_LONG)),
    ("6011", "6011", _LONG),  # Discover
    ("644", "659", _LONG),
    ("3528", "3589", _LONG),  # JCB
    ("62", "62", _LONG),  # UnionPay
    ("2200", "2204", _LONG),  # Mir
    ("5018", "5018", _LONG),  # Maestro
    ("5020", "5020", _LONG),
    ("5038", "5038", _LONG),
    ("5893", "5893", _LONG),
    ("6304", "6304", _LONG),
    ("6759", "6763", _LONG),
    ("60", "60", (16,)),  # RuPay
    ("508", "508", (16,)),
    ("81", "82", (16,)),
)
_GROUPS: Final = re.compile(r"[0-9]+")
_LONGEST_TAIL: Final = 4
_DOUBLED: Final = str.maketrans("0123456789", "0246813579")


def luhn(digits: str) -> bool:
    """Tell whether the last digit is what Luhn's rule makes of the others."""
    total = sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))
    return total % 10 == 0


def is_card(digits: str) -> bool:
    """Tell whether the digits are a card's: of a known issuer, as long as theirs are, with the right last digit."""
    return any(
        low <= digits[: len(low)] <= high and len(digits) in lengths for low, high, lengths in _ISSUERS
    ) and luhn(digits)


def _read(candidate: str) -> str:
    digits = compact(candidate)
    if is_card(digits):
        return digits
    tail = _GROUPS.findall(candidate)[-1]  # the code on the back may follow
    if len(tail) <= _LONGEST_TAIL and is_card(digits[: -len(tail)]):
        return digits[: -len(tail)]
    return ""


CARD: Final = Kind(
    name="card",
    title="payment card numbers",
    shape=(
        "[0-9]{13,19}|"
        "[0-9]{4}[ .-][0-9]{4}[ .-][0-9]{4}[ .-][0-9]{1,4}(?:[ .-][0-9]{3,4})?|"
        "[0-9]{4}[ .-][0-9]{6}[ .-][0-9]{4,5}(?:[ .-][0-9]{3,4})?|"
        "[0-9]{6}[ .-][0-9]{13}"
    ),
    read=_read,
)
