"""One domain the other, or below it."""

from __future__ import annotations

from gatepost.mailauth.domain import is_within


def test_within_means_the_domain_or_below_it() -> None:
    assert is_within("a.test", "a.test")
    assert is_within("b.a.test", "a.test")
    assert not is_within("ba.test", "a.test")
    assert not is_within("test", "a.test")
