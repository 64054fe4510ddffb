"""Structured fields are taken apart without losing what readers see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.lexer import Kind, Lexer

LEXER = Lexer("<>@,;:")


def kinds(text: str) -> list[tuple[str, str]]:
    return [(kind.name, token) for kind, token in LEXER.lex(text).tokens]


def test_a_field_is_atoms_specials_strings_literals_and_comments() -> None:
    assert kinds('"Joe \\"Q\\"" (is (very) old) <joe@[192.0.2.1]>') == [
        ("STRING", 'Joe "Q"'),
        ("SPACE", " "),
        ("COMMENT", "is (very) old"),
        ("SPACE", " "),
        ("SPECIAL", "<"),
        ("ATOM", "joe"),
        ("SPECIAL", "@"),
        ("LITERAL", "[192.0.2.1]"),
        ("SPECIAL", ">"),
    ]


@pytest.mark.parametrize("text", ['"a <b@c>', "(a <b@c>", '(a "b" <b@c>', "(a (b) <b@c>"])
def test_what_is_never_closed_hides_nothing(text: str) -> None:
    lexed = LEXER.lex(text)
    assert not lexed.balanced
    assert (Kind.SPECIAL, "@") in lexed.tokens


def test_a_semicolon_alone_may_be_special() -> None:
    assert Lexer(";").lex("a=b@c; d").tokens == [
        (Kind.ATOM, "a=b@c"),
        (Kind.SPECIAL, ";"),
        (Kind.SPACE, " "),
        (Kind.ATOM, "d"),
    ]


@given(st.text(alphabet='"()\\[]<>@,;: ab\r\n', max_size=60))
def test_nothing_but_quoting_is_lost(text: str) -> None:
    lexed = LEXER.lex(text)
    quoting = str.maketrans("", "", '"()\\')
    assert "".join(token for _, token in lexed.tokens).translate(quoting) == text.translate(quoting)


@pytest.mark.parametrize("piece", ['"', "(", "[", "\\", '"\\', "(\\", "(()", '"(', "a ", "<@"])
def test_hostile_text_is_taken_apart_in_linear_time(piece: str) -> None:
    # Without a bound this would take hours; there is nothing to measure but that it ends.
    assert LEXER.lex(piece * 200_000).tokens
