"""A name is what DNS can be asked about; U-labels become A-labels, and what is too long loses its left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.spf.name import MAX_NAME, fit, is_askable, to_ascii


@pytest.mark.parametrize(
    "name",
    [
        "a.example",
        "_spf.Example.ORG",
        "a" * 63 + ".example",
        "a b%20c.example",
        "o'neil=x/y,z.example",
        ".".join(["a" * 49] * 5) + ".xyz",
        "1.2.0.192.in-addr.arpa",
    ],
)
def test_dns_can_be_asked_about_any_octets_in_labels_of_the_right_length(name: str) -> None:
    assert is_askable(name)


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "example", "example.", ".example", "a..example", "a.example."),
        *("a" * 64 + ".example", ".".join(["a" * 50] * 5), "bücher.example", "a\tb.example", r"a\.b.example"),
    ],
)
def test_dns_cannot_be_asked_about_what_is_no_name(name: str) -> None:
    assert not is_askable(name)


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("Example.ORG.", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("faß.de", "xn--fa-hia.de"),  # RFC 5891; in the older IDNA it was fass.de, somebody else's domain
        ("例子.广告", "xn--fsqu00a.xn--4rr70v"),
        ("a..ü", "a..ü"),
        ("", ""),
    ],
)
def test_a_domain_gets_a_labels(domain: str, name: str) -> None:
    assert to_ascii(domain) == name


def test_a_label_too_long_for_dns_is_not_worth_encoding() -> None:
    assert not is_askable(to_ascii("ü" * 100_000 + ".example"))


def test_labels_fall_off_the_left_until_a_name_fits() -> None:
    assert fit("a.example.") == "a.example"
    exact = "a" * (MAX_NAME - 8) + ".example"
    assert fit(exact) == exact
    assert fit("b." + exact) == exact
    assert fit("bb.c." + exact) == exact
    assert fit("a" + exact) == "example"
    assert fit("a" * 300) == "a" * 300  # no DNS name, as it is too long still


@given(st.text(alphabet="ab.", min_size=0, max_size=600))
def test_a_name_that_fits_is_an_end_of_the_whole_and_no_shorter_than_needed(name: str) -> None:
    cut = fit(name)
    whole = name.removesuffix(".")
    assert whole.endswith(cut)
    if len(whole) > MAX_NAME and len(cut) <= MAX_NAME:
        dropped = whole[: len(whole) - len(cut)]
        last_label = dropped[:-1].rpartition(".")[2]
        assert dropped.endswith(".")
        assert len(last_label) + 1 + len(cut) > MAX_NAME
