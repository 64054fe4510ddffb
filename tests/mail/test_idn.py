"""Domains are written for DNS and for people, and what cannot be is left or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.idn import to_ascii, to_unicode
from gatepost.mail.path import is_domain

PAIRS = [
    ("example.org", "example.org"),
    ("bücher.example", "xn--bcher-kva.example"),
    ("faß.de", "xn--fa-hia.de"),  # not fass.de, which IDNA2003 made of it
    ("例え.テスト", "xn--r8jz45g.xn--zckzah"),  # RFC 3492 and the test domains of ICANN
    ("почта.рф", "xn--80a1acny.xn--p1ai"),
    ("paypаl.com", "xn--paypl-7ve.com"),  # with a Cyrillic letter
]


@pytest.mark.parametrize(("shown", "asked"), PAIRS)
def test_a_domain_goes_to_a_labels_and_back(shown: str, asked: str) -> None:
    assert to_ascii(shown) == asked
    assert to_ascii(asked.upper()) == asked
    assert to_unicode(asked) == shown


def test_case_width_and_other_full_stops_do_not_matter() -> None:
    assert to_ascii("BÜCHER。Example.") == "xn--bcher-kva.example"
    assert to_ascii("ｅｘａｍｐｌｅ．ｏｒｇ") == "example.org"


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a b.c", "ü" * 64, "ü..de", "a@b", "[192.0.2.1]", "x" * 256, "ü\ufffd.de"]
)
def test_what_is_no_domain_has_no_ascii_form(text: str) -> None:
    assert to_ascii(text) is None


@pytest.mark.parametrize(
    "name", ["xn--.com", "xn--a-.com", "xn--99999999999.com", "xn--ls8h\u00ad.com", "a.b"]
)
def test_what_cannot_be_decoded_stays_as_it_is(name: str) -> None:
    assert to_unicode(name) == name


@given(st.text(max_size=80))
def test_any_text_is_a_domain_or_none_and_survives_the_way_back(text: str) -> None:
    domain = to_ascii(text)
    if domain is not None:
        assert is_domain(domain)
        assert to_ascii(to_unicode(domain)) == domain
