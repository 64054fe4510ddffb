"""The words that a message tells as a password are tried first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.passwords import MAX_PASSWORDS, passwords_in


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ("Please find the invoice attached. Password: 8813", "8813"),
        ("The password is inv2026.", "inv2026"),
        ('The password for the archive: "open sesame"', "open sesame"),
        ("Das Passwort lautet Geheim!7", "Geheim!7"),
        ("Ihr Kennwort: abc123", "abc123"),
        ("Пароль к архиву: 7777", "7777"),
        ("пароль - зима2026", "зима2026"),
        ("mot de passe : facture22", "facture22"),
        ("Contraseña: factura9", "factura9"),
        ("la clave es A1b2", "A1b2"),
        ("Senha: nota-fiscal", "nota-fiscal"),
        ("Wachtwoord: fiets12", "fiets12"),
        ("hasło: faktura1", "faktura1"),
        ("Heslo: jaro26", "jaro26"),
        ("parola: fattura", "fattura"),
        ("パスワード：abcd99", "abcd99"),
        ("解压密码 666888", "666888"),
        ("كلمة المرور: salam1", "salam1"),
        ("pwd=Zx9", "Zx9"),
        ("7731 is the code to open it", "7731"),
    ],
)
def test_what_follows_a_word_for_it_is_among_the_first(text: str, password: str) -> None:
    assert password in passwords_in(text)[:5]


def test_words_that_look_like_passwords_come_before_plain_ones() -> None:
    words = passwords_in("hello dear friend please look at Xy77zQ today " + "and more words " * 50)
    assert words[0] == "Xy77zQ"


def test_each_is_told_once_and_with_and_without_what_ends_a_sentence() -> None:
    words = passwords_in("Password: secret! password: secret!")
    assert words[:2] == ("secret", "secret!")
    assert len(set(words)) == len(words)


@given(st.text(max_size=2000))
def test_any_text_gives_few_words_that_stand_in_it(text: str) -> None:
    words = passwords_in(text)
    assert len(words) <= MAX_PASSWORDS
    assert all(word in text and len(word) >= 3 for word in words)


def test_long_texts_are_looked_at_up_to_a_bound() -> None:
    assert len(passwords_in("password " * 1_000_000)) <= MAX_PASSWORDS
