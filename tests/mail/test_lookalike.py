"""Domains made to be taken for a known one are found with the reason, and ordinary ones are left in peace."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.idn import to_ascii
from gatepost.mail.lookalike import (
    LONGEST_VARIED,
    SHORTEST_VARIED,
    Known,
    Likeness,
    likenesses,
    registered_part,
    resembles,
)

KNOWN = Known(
    [
        "paypal.com",
        "example.org",
        "mail.example.co.uk",
        "microsoft.com",
        "ing.com",
        "my-bank.example",
        "",
        "com",
    ]
)

CASES = [
    ("раураӏ.com", "paypal.com", Likeness.HOMOGRAPH),  # all Cyrillic
    ("pаypal.com", "paypal.com", Likeness.HOMOGRAPH),  # one letter is
    ("xn--pypal-4ve.com", "paypal.com", Likeness.HOMOGRAPH),  # the same, as DNS has it
    ("ραγραΙ.com", "paypal.com", Likeness.ALIKE),  # Greek, with an iota for the last letter
    ("päypal.com", "paypal.com", Likeness.HOMOGRAPH),
    ("exampłe.org", "example.org", Likeness.HOMOGRAPH),
    ("paypa1.com", "paypal.com", Likeness.ALIKE),
    ("paypai.com", "paypal.com", Likeness.ALIKE),
    ("rnicrosoft.com", "microsoft.com", Likeness.ALIKE),
    ("micr0soft.com", "microsoft.com", Likeness.ALIKE),
    ("lng.com", "ing.com", Likeness.ALIKE),
    ("examp1e.co.uk", "example.co.uk", Likeness.ALIKE),
    ("pay-pal.com", "paypal.com", Likeness.HYPHENS),
    ("mybank.example", "my-bank.example", Likeness.HYPHENS),
    ("paypall.com", "paypal.com", Likeness.NEAR),
    ("paypl.com", "paypal.com", Likeness.NEAR),
    ("papyal.com", "paypal.com", Likeness.NEAR),
    ("paybal.com", "paypal.com", Likeness.NEAR),
    ("www.login.paypaal.com", "paypal.com", Likeness.NEAR),
    ("paypal.net", "paypal.com", Likeness.ELSEWHERE),
    ("micros0ft.de", "microsoft.com", Likeness.ELSEWHERE),
    ("paypal.com.evil.net", "paypal.com", Likeness.IN_FRONT),
    ("www.example.co.uk.evil.net", "example.co.uk", Likeness.IN_FRONT),
    ("paypal-com.net", "paypal.com", Likeness.IN_FRONT),
]

HARMLESS = [
    *("paypal.com", "PayPal.com.", "www.paypal.com", "mail.example.org", "example.co.uk"),  # they are known
    *(
        "payday.com",
        "ingx.com",
        "in.com",
        "ing.de",
        "other.org",
        "bücher.de",
        "com",
        "",
        "a b",
        "[192.0.2.1]",
    ),
]


@pytest.mark.parametrize(("domain", "known", "likeness"), CASES)
def test_a_lookalike_is_found_with_what_it_looks_like(domain: str, known: str, likeness: Likeness) -> None:
    found = resembles(domain, KNOWN)
    assert found is not None
    assert (found.known, found.likeness) == (known, likeness)
    assert found.reason == f"{likeness.value} {known}"
    assert (to_ascii(domain) or "").endswith(found.domain)


@pytest.mark.parametrize("domain", HARMLESS)
def test_what_is_known_or_unlike_resembles_nothing(domain: str) -> None:
    assert resembles(domain, KNOWN) is None


def test_of_two_known_domains_neither_is_taken_for_the_other() -> None:
    assert resembles("example.net", Known(["example.org", "example.net"])) is None


@given(
    st.text(alphabet="abcdefgh", min_size=5, max_size=12),
    st.integers(0, 11),
    st.sampled_from("xyz"),
    st.sampled_from(["drop", "add", "change", "swap"]),
)
def test_one_edit_anywhere_is_found(name: str, at: int, letter: str, edit: str) -> None:
    at = min(at, len(name) - 2)
    edited = {
        "drop": name[:at] + name[at + 1 :],
        "add": name[:at] + letter + name[at:],
        "change": name[:at] + letter + name[at + 1 :],
        "swap": name[:at] + name[at + 1] + name[at] + name[at + 2 :],
    }[edit]
    found = resembles(f"{edited}.test", Known([f"{name}.test"]))
    assert (found is not None) == (edited != name and len(edited) >= 5)


@given(st.text(max_size=60))
def test_any_text_resembles_something_known_or_nothing(text: str) -> None:
    found = resembles(text, KNOWN)
    assert found is None or found.known in KNOWN.registered


@given(
    st.text(alphabet="abcdefgh", min_size=SHORTEST_VARIED + 1, max_size=12),
    st.integers(0, 11),
    st.sampled_from("xyz"),
    st.sampled_from(["drop", "add", "change", "swap", "hyphen"]),
)
def test_one_edit_anywhere_leaves_a_likeness_in_common(name: str, at: int, letter: str, edit: str) -> None:
    at = min(at, len(name) - 2)
    edited = {
        "drop": name[:at] + name[at + 1 :],
        "add": name[:at] + letter + name[at:],
        "change": name[:at] + letter + name[at + 1 :],
        "swap": name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        "hyphen": name[: at + 1] + "-" + name[at + 1 :],
    }[edit]
    assert set(likenesses(f"{name}.test")) & set(likenesses(f"{edited}.test"))
    assert not set(likenesses(f"{name}.test")) & set(likenesses(f"{edited}.example"))


@given(st.text(max_size=300))
def test_any_text_has_a_bounded_number_of_likenesses(text: str) -> None:
    found = likenesses(text)
    assert len(found) <= LONGEST_VARIED + 1
    assert bool(found) == bool(registered_part(text))


@pytest.mark.parametrize(
    ("domain", "part"),
    [
        ("mail.Example.co.uk.", "example.co.uk"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        ("example", ""),
        ("[192.0.2.1]", ""),
    ],
)
def test_the_registered_part_is_what_is_compared(domain: str, part: str) -> None:
    assert registered_part(domain) == part
