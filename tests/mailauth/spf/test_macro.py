"""Macro strings are read by the grammar of RFC 7208 §7.1 and expand as §7.3 says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mailauth.spf.macro import (
    EXPLANATION_LETTERS,
    BadMacro,
    MacroString,
    parse_domain_spec,
    parse_explanation,
    parse_macro_string,
)

VALUES = {
    "s": "strong-bad@email.example.com",
    "l": "strong-bad",
    "o": "email.example.com",
    "d": "email.example.com",
    "i": "192.0.2.3",
    "p": "mx.example.org",
    "h": "mx.example.org",
    "v": "in-addr",
    "c": "192.0.2.3",
    "r": "example.net",
    "t": "1700000000",
}

# The examples of RFC 7208 §7.4.
EXAMPLES = [
    ("%{s}", "strong-bad@email.example.com"),
    ("%{o}", "email.example.com"),
    ("%{d}", "email.example.com"),
    ("%{d4}", "email.example.com"),
    ("%{d3}", "email.example.com"),
    ("%{d2}", "example.com"),
    ("%{d1}", "com"),
    ("%{dr}", "com.example.email"),
    ("%{d2r}", "example.email"),
    ("%{l}", "strong-bad"),
    ("%{l-}", "strong.bad"),
    ("%{lr}", "strong-bad"),
    ("%{lr-}", "bad.strong"),
    ("%{l1r-}", "strong"),
    ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
    ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
    ("%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"),
    ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
    ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
]


def expanded(text: str, **values: str) -> str:
    string = parse_explanation(text)
    assert isinstance(string, MacroString)
    assert string.text == text
    return string.expand({**VALUES, **values})


@pytest.mark.parametrize(("text", "result"), EXAMPLES)
def test_the_examples_of_the_rfc_expand_as_there(text: str, result: str) -> None:
    assert expanded(text) == result
    assert isinstance(parse_domain_spec(text), MacroString)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("no macro", "no macro"),
        ("100%%", "100%"),
        ("a%_b%-c", "a b%20c"),
        ("%{D}%{DR}", "email.example.comcom.example.email"),
        ("%{d0002}%{d127}%{d99999}", "example.comemail.example.comemail.example.com"),
        ("%{l1-}|%{l9-}|%{l-+,/_=.}", "bad|strong.bad|strong.bad"),
        ("%{c} %{r} %{t}", "192.0.2.3 example.net 1700000000"),
    ],
)
def test_escapes_and_transformers_do_what_they_say(text: str, result: str) -> None:
    assert expanded(text) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("~jack&jill=up-a_b3.c", "~jack%26jill%3Dup-a_b3.c"),
        ("o'neil/x+y z", "o%27neil%2Fx%2By%20z"),
        ("jürgen", "j%C3%BCrgen"),
        ("100%", "100%25"),
    ],
)
def test_a_capital_escapes_for_a_url_after_the_transformation(value: str, result: str) -> None:
    assert expanded("%{L}", l=value) == result
    assert expanded("%{Lr=}", l="a&b=c") == "c.a%26b"


def test_several_delimiters_part_a_value_at_each_of_them() -> None:
    assert expanded("%{l2r+-}", l="foo-bar+zip+quux") == "bar.foo"
    assert expanded("%{l+-}", l="foo-.-bar++") == "foo...bar.."


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("%", '"%", which begins no macro'),
        ("100%", '"%", which begins no macro'),
        ("%(d)", '"%(d)", which begins no macro'),
        ("%{d", '"%{d", which begins no macro'),
        ("%{}", '"%{}", which begins no macro'),
        ("%{d r}", '"%{d r}", which begins no macro'),
        ("%{dr2}", '"%{dr2}", which begins no macro'),
        ("%{d-2}", '"%{d-2}", which begins no macro'),
        ("%{d!}", '"%{d!}", which begins no macro'),
        ("%{x}", '"%{x}", which no macro is called'),
        ("%{\u212a}", "a character that is not printable ASCII"),  # K in lower case, were it not for its sign
        ("%{d0}", '"%{d0}", which keeps no part'),
        ("%{d000r}", '"%{d000r}", which keeps no part'),
        ("tab\there", "a character that is not printable ASCII"),
        ("ü", "a character that is not printable ASCII"),
    ],
)
def test_what_is_no_macro_string_says_why(text: str, why: str) -> None:
    assert parse_explanation(text) == BadMacro(why)


@pytest.mark.parametrize("letter", ["c", "r", "t", "C", "R", "T"])
def test_some_letters_are_for_explanations_only(letter: str) -> None:
    text = f"%{{{letter}}}"
    assert isinstance(parse_explanation(text), MacroString)
    bad = BadMacro(f'"{text}", which may stand in an explanation only')
    assert parse_domain_spec(text) == parse_macro_string(text) == bad


def test_spaces_are_for_explanations_only() -> None:
    assert isinstance(parse_explanation("a b"), MacroString)
    assert isinstance(parse_macro_string("a b"), BadMacro)


@pytest.mark.parametrize(
    "text",
    [
        *("a.b", "a.b.", ".com", "a..com", "a.1-2", "a.x1", "a.1x", "a.xn--zckzah", "foo:bar/baz.example"),
        *("%{d}", "%{d}.a", "x%{d2r}", "a%%", "a.%_", "%-", "a" * 100 + ".example"),
    ],
)
def test_a_domain_spec_ends_in_a_macro_or_a_top_label(text: str) -> None:
    assert isinstance(parse_domain_spec(text), MacroString)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no domain"),
        ("192.0.2.1", "an address where"),
        ("192.0.2.1/24", "an address where"),
        *(
            (text, "a domain that does not end in")
            for text in ("com", "com.", "a.123", "a.-x", "a.x-", "a.", "a..")
        ),
        *(
            (text, "a domain that does not end in")
            for text in ("%{d}.", "%{d}x", "a:b", "a.b:80", "a.b/24", "%{d}.1")
        ),
    ],
)
def test_what_is_no_domain_spec_says_why(text: str, why: str) -> None:
    bad = parse_domain_spec(text)
    assert isinstance(bad, BadMacro)
    assert bad.why.startswith(why)


@given(
    st.sampled_from(EXPLANATION_LETTERS),
    st.integers(0, 200),
    st.booleans(),
    st.text(alphabet=".-+,/_=", max_size=4),
    st.text(alphabet="ab.-+,/_=", max_size=40),
)
def test_a_value_is_parted_turned_round_and_cut_in_this_order(
    letter: str, keep: int, reverse: bool, delimiters: str, value: str
) -> None:
    text = f"%{{{letter}{keep or ''}{'r' if reverse else ''}{delimiters}}}"
    parts = re.split(f"[{re.escape(delimiters or '.')}]", value)
    parts = parts[::-1] if reverse else parts
    assert expanded(text, **{letter: value}) == ".".join(parts[-keep:])
