"""Domains are compared and asked in lower case and in A-labels."""

from __future__ import annotations

import pytest

from gatepost.mailauth.domain import is_within, to_ascii


@pytest.mark.parametrize(
    ("domain", "ascii_form"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("under_score.example", "under_score.example"),
        ("", ""),
        ("example...", ""),
        ("a b.example", ""),
        ("ü" * 2_000, ""),
        ("\u0080.example", ""),
    ],
)
def test_a_domain_gets_its_ascii_form_or_none(domain: str, ascii_form: str) -> None:
    assert to_ascii(domain) == ascii_form


def test_within_means_the_domain_or_below_it() -> None:
    assert is_within("a.test", "a.test")
    assert is_within("b.a.test", "a.test")
    assert not is_within("ba.test", "a.test")
    assert not is_within("test", "a.test")
