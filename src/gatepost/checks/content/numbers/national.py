"""Numbers by which states know people, each with the rule of its check digits.

A number whose form alone proves little (nine digits) is found by one in eleven of all such groups of digits; so a
rule about them should ask for several.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from gatepost.checks.content.numbers.card import luhn
from gatepost.checks.content.numbers.kind import GAP, Kind, compact

_SAMPLES: Final = frozenset({"078051120", "219099999"})
"""US numbers that were printed in advertisements, and are nobody's."""


def is_ssn(digits: str) -> bool:
    """USA, Social Security number: it has no check digit, but numbers that are never given out."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    given = area not in ("000", "666") and area[0] != "9" and group != "00" and serial != "0000"
    return given and digits not in _SAMPLES


def is_nino(characters: str) -> bool:
    """United Kingdom, National Insurance number: no check digit either; letters that are not used."""
    return characters[:2] not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ")


def is_steuer_id(digits: str) -> bool:
    """Germany, Steuer-Identifikationsnummer: ISO 7064 MOD 11,10; one digit comes twice or three times."""
    counts = sorted([digits[:10].count(digit) for digit in set(digits[:10])], reverse=True)
    if digits[0] == "0" or counts[0] not in (2, 3) or counts[1] != 1:
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])


def is_nir(characters: str) -> bool:
    """France, numéro de sécurité sociale: 97 less the rest by 97; Corsica counts as 19 and 18."""
    digits = characters.replace("2A", "19").replace("2B", "18")
    if not digits.isdecimal() or characters[0] not in "123478":
        return False
    month = int(digits[3:5])
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - int(digits[:13]) % 97 == int(
        digits[13:]
    )


# fmt: off
_ODD_PLACES: Final = (
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21,
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
)
# fmt: on
_ODD: Final = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", _ODD_PLACES, strict=True))


def is_codice_fiscale(characters: str) -> bool:
    """Italy, codice fiscale: values by odd and even places, the rest by 26 as a letter."""
    total = sum([_ODD[each] for each in characters[0:15:2]])
    total += sum([int(c) if c.isdecimal() else ord(c) - ord("A") for c in characters[1:15:2]])
    return chr(ord("A") + total % 26) == characters[15]


def is_dni(characters: str) -> bool:
    """Spain, DNI and NIE: the rest by 23 as a letter."""
    digits = characters[:-1].translate({ord("X"): "0", ord("Y"): "1", ord("Z"): "2"})
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == characters[-1]


def is_bsn(digits: str) -> bool:
    """Netherlands, burgerservicenummer: the test by eleven."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return digits != "0" * 9 and _weighted(digits, weights) % 11 == 0


def is_pesel(digits: str) -> bool:
    """Poland, PESEL: weights, and a day of birth whose century is in the month."""
    month = int(digits[2:4])
    century = (1900, 2000, 2100, 2200, 1800)[month // 20]
    born = _is_day(century + int(digits[:2]), month % 20, int(digits[4:6]))
    return born and -_weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)) % 10 == int(digits[10])


def is_personnummer(digits: str) -> bool:
    """Sweden, personnummer and samordningsnummer (day of birth + 60): Luhn's rule over the last ten digits."""
    ten = digits[-10:]
    day = int(ten[4:6])
    year = int(digits[:4]) if len(digits) > 10 else 2000 + int(ten[:2])
    day -= 60 if day > 60 else 0
    # Without a century 29 February is let pass: the year may be any of three.
    return _is_day(year if len(digits) > 10 else 2000, int(ten[2:4]), day) and luhn(ten)


def is_ahv(digits: str) -> bool:
    """Switzerland, AHV number: the check digit of an EAN-13 that begins with the country's 756."""
    return -_weighted(digits, (1, 3) * 6) % 10 == int(digits[12])


def is_belgian(digits: str) -> bool:
    """Belgium, national register number: 97 less the rest by 97; who was born from 2000 on has a 2 before it."""
    check = int(digits[9:])
    return any(97 - int(born + digits[:9]) % 97 == check for born in ("", "2")) and int(digits[2:4]) <= 12


def is_svnr(digits: str) -> bool:
    """Austria, Sozialversicherungsnummer: the rest by eleven in the fourth place, then the day of birth."""
    day, month = int(digits[4:6]), int(digits[6:8])
    if digits[0] == "0" or not (1 <= day <= 31 and 1 <= month <= 15):
        return False
    return _weighted(digits[:3] + digits[4:], (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11 == int(digits[3])


_TURN: Final = ("0123456789", "1576283094")


def _dihedral(left: int, right: int) -> int:
    """Multiply in the group of the turns and flips of a pentagon."""
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5


def verhoeff(digits: str) -> bool:
    """Tell whether the last digit is what Verhoeff's rule makes of the others."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        turned = int(digit)
        for _ in range(place % 8):
            turned = int(_TURN[1][turned])
        check = _dihedral(check, turned)
    return check == 0


def is_aadhaar(digits: str) -> bool:
    """India, Aadhaar: Verhoeff's rule; none begins with 0 or 1."""
    return digits[0] not in "01" and verhoeff(digits)


def is_cpf(digits: str) -> bool:
    """Brazil, CPF: two check digits by eleven; the same digit eleven times is nobody's."""
    if digits == digits[0] * 11:
        return False
    first = _weighted(digits[:9], range(10, 1, -1)) * 10 % 11 % 10
    second = _weighted(digits[:10], range(11, 1, -1)) * 10 % 11 % 10
    return digits[9:] == f"{first}{second}"


def _weighted(digits: str, weights: tuple[int, ...] | range) -> int:
    return sum([int(digit) * weight for digit, weight in zip(digits, weights, strict=False)])


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _kind(name: str, title: str, groups: str, is_one: Callable[[str], bool], whole: str = "") -> Kind:
    """Make a kind; `groups` are patterns with white space where people leave a gap, `whole` what it must be then."""
    form = re.compile(whole) if whole else None

    def read(candidate: str) -> str:
        number = compact(candidate)
        return number if (form is None or form.fullmatch(number)) and is_one(number) else ""

    return Kind(name=name, title=title, shape=GAP.join(groups.split()), read=read)


_N: Final = "[0-9LMNPQRSTUVlmnpqrstuv]"
NATIONAL: Final = (
    Kind(
        name="us-ssn",
        title="US Social Security numbers",
        shape="[0-9]{3}[ \u2010\u2013-][0-9]{2}[ \u2010\u2013-][0-9]{4}",
        read=lambda candidate: number if is_ssn(number := compact(candidate)) else "",
    ),
    _kind(
        "uk-nino",
        "UK National Insurance numbers",
        "[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z] [0-9]{2} [0-9]{2} [0-9]{2} [A-Da-d]",
        is_nino,
    ),
    _kind(
        "de-steuer-id",
        "German tax identification numbers",
        "[0-9]{2} [0-9]{3} [0-9]{3} [0-9]{3}",
        is_steuer_id,
    ),
    _kind(
        "fr-nir",
        "French social security numbers",
        "[0-9] [0-9]{2} [0-9]{2} [0-9][0-9ABab] [0-9]{3} [0-9]{3} [0-9]{2}",
        is_nir,
        "[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{8}",
    ),
    _kind(
        "it-codice-fiscale",
        "Italian tax codes",
        f"[A-Za-z]{{3}} [A-Za-z]{{3}} {_N}{{2}}[A-Za-z]{_N}{{2}} [A-Za-z]{_N}{{3}}[A-Za-z]",
        is_codice_fiscale,
    ),
    _kind(
        "es-dni",
        "Spanish identity numbers",
        "[0-9XYZxyz] [0-9] [0-9]{3} [0-9]{3} [A-Za-z]",
        is_dni,
    ),
    _kind("nl-bsn", "Dutch citizen service numbers", "[0-9]{3} [0-9]{3} [0-9]{3}", is_bsn, "[0-9]{9}"),
    _kind("pl-pesel", "Polish PESEL numbers", "[0-9]{6} [0-9]{5}", is_pesel),
    Kind(
        name="se-personnummer",
        title="Swedish personal identity numbers",
        shape="(?:19|20)[0-9]{6}[+-]?[0-9]{4}|[0-9]{6}[+-][0-9]{4}",
        read=lambda candidate: number if is_personnummer(number := compact(candidate)) else "",
    ),
    _kind("ch-ahv", "Swiss AHV numbers", "756 [0-9]{4} [0-9]{4} [0-9]{2}", is_ahv),
    _kind(
        "be-national-number",
        "Belgian national register numbers",
        "[0-9]{2} [0-9]{2} [0-9]{2} [0-9]{3} [0-9]{2}",
        is_belgian,
    ),
    _kind("at-svnr", "Austrian social insurance numbers", "[0-9]{4} [0-9]{2}[0-9]{2}[0-9]{2}", is_svnr),
    _kind("in-aadhaar", "Indian Aadhaar numbers", "[0-9]{4} [0-9]{4} [0-9]{4}", is_aadhaar),
    _kind("br-cpf", "Brazilian CPF numbers", "[0-9]{3} [0-9]{3} [0-9]{3} [0-9]{2}", is_cpf),
)
