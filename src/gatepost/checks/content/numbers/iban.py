"""IBANs (ISO 13616): the length of each country, and the check digits of ISO 7064 MOD 97-10."""

from __future__ import annotations

from typing import Final

from gatepost.checks.content.numbers.kind import Kind

LENGTHS: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BI": 27, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HN": 28, "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24, "PL": 28, "PS": 29,
    "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24,
    "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
    "YE": 30,
}  # fmt: skip
"""Characters of an IBAN, by country."""


def is_iban(characters: str) -> bool:
    """Tell whether capital letters and digits are an IBAN."""
    if LENGTHS.get(characters[:2]) != len(characters):
        return False
    moved = characters[4:] + characters[:4]
    return int("".join([str(int(character, 36)) for character in moved])) % 97 == 1


def _read(candidate: str) -> str:
    """Find the end by the country: behind an IBAN words may follow, which look like groups of it."""
    length = LENGTHS.get(candidate[:2].upper(), 0)
    characters: list[str] = []
    for at, character in enumerate(candidate):
        if not character.isalnum():
            continue
        characters.append(character)
        if len(characters) == length:
            ends = not candidate[at + 1 : at + 2].isalnum()
            found = "".join(characters).upper()
            return found if ends and is_iban(found) else ""
    return ""


IBAN: Final = Kind(
    name="iban",
    title="bank account numbers (IBAN)",
    shape="[A-Za-z]{2}[0-9]{2}(?:[ .-]?[A-Za-z0-9]){11,30}",
    read=_read,
)
