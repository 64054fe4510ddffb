"""All names of a file are read, by any spelling, and what deceives about them is said."""

from __future__ import annotations

import pytest

from gatepost.mail.mime import Trick
from gatepost.mail.mime.names import deceptions, file_names
from gatepost.mail.mime.parameters import read


def named(*values: str) -> tuple[tuple[str, ...], set[Trick]]:
    names, doubts = file_names([value for raw in values for value in read(raw.encode())])
    return names, {name for name, _ in doubts}


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("attachment; filename=a.exe", "a.exe"),
        ('attachment; filename="a b.exe"', "a b.exe"),
        ("attachment; FileName = a.exe", "a.exe"),
        ("attachment; filename*=utf-8''f%C3%BCr.exe", "für.exe"),
        ("attachment; filename*=iso-8859-1'de'f%FCr.exe", "für.exe"),
        ("attachment; filename*0=a; filename*1=.exe", "a.exe"),
        ("attachment; filename*0*=utf-8''f%C3; filename*1*=%BCr.exe", "für.exe"),
        ("attachment; filename*0*=utf-8''f%C3%BC; filename*1=r.exe", "für.exe"),
        ("text/plain; name==?utf-8?B?YS5leGU=?=", "a.exe"),
        ('text/plain; name="=?utf-8?Q?a=2Eexe?="', "a.exe"),
        ("attachment; filename=für.exe", "für.exe"),
        ('attachment; filename="a\\.exe"', "a.exe"),
        ("attachment; filename=(a comment)a.exe", "a.exe"),
        ("attachment filename=a.exe", "a.exe"),
    ],
)
def test_a_name_by_any_spelling(value: str, name: str) -> None:
    assert named(value)[0][0] == name


@pytest.mark.parametrize(
    ("value", "name", "trick"),
    [
        ("x; filename*1=.exe; filename*0=a", "a.exe", Trick.NAME_CONTINUED),
        ("x; filename*0=a; filename*2=.exe", "a.exe", Trick.NAME_CONTINUED),
        ("x; filename*1=a; filename*2=.exe", "a.exe", Trick.NAME_CONTINUED),
        ("x; filename*0=a; filename*0=b; filename*1=.exe", "ab.exe", Trick.NAME_CONTINUED),
        ("x; filename*=a.exe", "a.exe", Trick.NAME_BROKEN),
        ('x; filename="a".exe"', "a.exe", Trick.NAME_BROKEN),
        ("x; filename=a.txt; filename=a.exe", "a.exe", Trick.NAMES_DIFFER),
        ("x; filename=a.txt; filename*=utf-8''a.exe", "a.exe", Trick.NAMES_DIFFER),
        ("x; filename=a.txt .exe", "a.txt .exe", Trick.NAMES_DIFFER),
        ("x; name==?utf-8?q?a.exe?=", "a.exe", Trick.NAME_ENCODED_WORD),
        ("x; name==?utf-8?q?=3D=3Futf-8=3Fq=3Fa.exe=3F=3D?=", "a.exe", Trick.ENCODED_WORD_NESTED),
    ],
)
def test_where_readers_see_other_names_all_are_given(value: str, name: str, trick: Trick) -> None:
    names, tricks = named(value)
    assert name in names
    assert trick in tricks


def test_names_of_both_fields_count() -> None:
    names, tricks = named("attachment; filename=a.pdf", "application/x; name=a.exe")
    assert names == ("a.pdf", "a.exe")
    assert tricks == {Trick.NAMES_DIFFER}


def test_the_same_name_in_two_spellings_is_no_doubt() -> None:
    names, tricks = named("attachment; filename=fur.pdf; filename*=utf-8''f%C3%BCr.pdf")
    assert names == ("für.pdf", "fur.pdf")
    assert tricks == set()


@pytest.mark.parametrize(
    ("name", "trick"),
    [
        ("invoice\u202efdp.exe", Trick.NAME_BIDI),
        ("invoice\u2024exe", Trick.NAME_HOMOGLYPH),
        ("invoice.\u0435\u0445\u0435", Trick.NAME_HOMOGLYPH),
        ("invoice.ｅｘｅ", Trick.NAME_HOMOGLYPH),
        ("invoice.e\u200bxe", Trick.NAME_INVISIBLE),
        ("invoice.pdf\x00.exe", Trick.NAME_INVISIBLE),
    ],
)
def test_what_deceives_the_eye_is_named(name: str, trick: Trick) -> None:
    assert trick in {found for found, _ in deceptions(name)}


@pytest.mark.parametrize(
    "name",
    ["für.pdf", "договор.док", "契約書.pdf", "❤️.jpg", "\u200eWhatsApp.jpg", "شهر\u200cنامه.pdf", "a b.pdf"],
)
def test_honest_names_deceive_nobody(name: str) -> None:
    assert list(deceptions(name)) == []


def test_very_many_names_are_bounded() -> None:
    names, _ = named("x; " + "; ".join([f"filename=a{number}.exe" for number in range(500)]))
    assert len(names) == 16
