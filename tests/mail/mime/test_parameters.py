"""A value is read as the standard has it, and as others would read it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.mime.parameters import Parameter, read, without_comments


def test_a_plain_value() -> None:
    [value] = read(b' text/plain; charset=utf-8;\r\n name="a b.txt"\r\n')
    assert value.head == "text/plain"
    assert value.parameters == (Parameter("charset", "utf-8"), Parameter("name", "a b.txt"))
    assert value.named("name") == (Parameter("name", "a b.txt"),)
    assert value.whole


@pytest.mark.parametrize(
    ("raw", "readings"),
    [
        (b"x; a=b c; d=e", ("b", "b c")),
        (b'x; a="b"c; d=e', ("b", "bc")),
        (b'x; a="b\\"c"', ('b"c', 'b\\"c')),
        (b'x; a="b; d=e', ("b; d=e", "b")),
        (b"x; a=b;d=e", ("b",)),
        (b"x; junk; a=b", ("b",)),
        (b"x; =; a=b", ("b",)),
        (b"x ; a\t=\tb", ("b",)),
        (b"x y=z a=b", ("b",)),
        (b"x, a=b", ("b",)),
    ],
)
def test_a_parameter_has_all_its_readings(raw: bytes, readings: tuple[str, ...]) -> None:
    [parameter] = read(raw)[0].named("a")
    assert set(readings) <= {parameter.value, *parameter.others}
    assert parameter.value == readings[0]


def test_with_comments_it_is_read_with_and_without() -> None:
    plain, raw = read(b"text/plain; name=(x)a.txt")
    assert plain.named("name")[0].value == "a.txt"
    assert raw.named("name")[0].value == "(x)a.txt"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a(b)c", "ac"),
        ("a(b(c)d)e", "ae"),
        ('a"(b)"c', 'a"(b)"c'),
        ("a(b", "a(b"),
        ("a)b", "a)b"),
        ("(\\))a", "a"),
    ],
)
def test_comments_are_left_out(text: str, plain: str) -> None:
    assert without_comments(text) == plain


def test_what_is_too_long_is_cut_and_said_to_be() -> None:
    assert not read(b"text/plain; a=" + b"b" * 20_000)[0].whole
    assert not read(b"text/plain; " + b"a=b; " * 300)[0].whole


@given(st.text(alphabet="ab;=\"\\() \t\r\n*'%?\xff", max_size=60))
def test_any_value_is_read(text: str) -> None:
    for value in read(text.encode("latin-1")):
        assert all(parameter.name == parameter.name.lower() for parameter in value.parameters)
