from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.entry import Entry, public

LONGEST_REF = "7zq4k0v3m8x2a-999999999"
LINE = 512  # RFC 5321 §4.5.3.1.5


def entry(**changed: Any) -> Entry:
    given = {
        "id": "test-entry",
        "code": 550,
        "enhanced": "5.7.1",
        "text": "No",
        "stage": "rcpt",
        "when": "When.",
        "why": "Why.",
        "sender_action": "Do.",
        "operator_action": "Do.",
        "references": ("RFC 5321",),
    }
    return Entry(**(given | changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "Test"},
        {"id": "test_entry"},
        {"code": 199},
        {"code": 600},
        {"enhanced": "4.7.1"},
        {"enhanced": "5.07.1"},
        {"enhanced": "5.7"},
        {"text": "Schlüssel"},
        {"text": "bell\a"},
        {"text": "{fact}"},
        {"fields": frozenset({"fact"})},
        {"text": "{fact}\nmore", "fields": frozenset({"fact"})},
    ],
)
def test_an_entry_at_odds_with_itself_cannot_be_made(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^.?[Tt]est"):
        entry(**changed)


def test_a_reply_names_its_entry_and_what_it_is_about() -> None:
    assert entry().reply("7zq4k0v3m8x2a").wire() == b"550 5.7.1 No (test-entry 7zq4k0v3m8x2a)\r\n"
    assert entry().reply().wire() == b"550 5.7.1 No (test-entry)\r\n"
    assert entry().reply().entry == "test-entry"


def test_an_entry_without_enhanced_status_has_no_suffix() -> None:
    assert entry(code=354, enhanced="").reply("7zq4k0v3m8x2a").text == "No"


def test_further_lines_follow_the_text() -> None:
    hello = entry(code=250, enhanced="", text="{host}", fields=frozenset({"host"}))
    wire = hello.reply("x", more=("SIZE 100", "8BITMIME"), host="mx.example.org").wire()
    assert wire == b"250-mx.example.org\r\n250-SIZE 100\r\n250 8BITMIME\r\n"


def test_a_further_line_cannot_smuggle_in_another_reply() -> None:
    wire = entry(code=250, enhanced="").reply(more=("SIZE\r\n250 evil",)).wire()
    assert wire.count(b"\r\n") == 2


@pytest.mark.parametrize("facts", [{}, {"other": 1}, {"fact": 1, "other": 1}])
def test_a_reply_with_a_hole_in_it_is_never_sent(facts: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        entry(text="{fact}", fields=frozenset({"fact"})).reply("x", **facts)


def test_braces_in_a_fact_are_only_braces() -> None:
    assert (
        entry(text="{fact}", fields=frozenset({"fact"}))
        .reply(fact="{fact} {0}")
        .text.startswith("{fact} {0}")
    )


@given(st.text(max_size=400))
def test_a_fact_is_one_printable_line_of_bounded_length(fact: str) -> None:
    made = public(fact)
    assert made.isascii()
    assert made.isprintable() or not made
    assert len(made) <= 200


@pytest.mark.parametrize("name", ENTRIES)
@given(fact=st.text(max_size=600))
def test_whatever_the_facts_every_line_is_printable_ascii_of_at_most_512_octets(name: str, fact: str) -> None:
    known = ENTRIES[name]
    for facts in (dict.fromkeys(known.fields, fact), dict.fromkeys(known.fields, "x" * 600)):
        wire = known.reply(LONGEST_REF, **facts).wire()
        lines = wire.split(b"\r\n")
        assert lines.pop() == b""
        for line in lines:
            assert len(line) + 2 <= LINE
            assert line.isascii()
            assert line.decode().isprintable()
        if known.enhanced:
            assert lines[-1].endswith(f"({name} {LONGEST_REF})".encode())
