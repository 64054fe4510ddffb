"""Ids are unique, sortable by time, and can be read out over a telephone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.ids import ALPHABET, EPOCH, NODES, SessionIds, began_at, is_id, message_id, session_of

NOW = 1_795_000_000.125


def test_an_id_has_13_characters_of_the_alphabet() -> None:
    made = SessionIds(5, lambda: NOW)()
    assert len(made) == 13
    assert set(made) <= set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)


def test_ids_of_one_millisecond_differ_and_ascend() -> None:
    ids = SessionIds(0, lambda: NOW)
    made = [ids() for _ in range(5000)]
    assert made == sorted(set(made))


@given(st.lists(st.floats(min_value=EPOCH / 1000 + 1, max_value=3e9), min_size=1, max_size=50))
def test_ids_ascend_whatever_the_clock_does(times: list[float]) -> None:
    clock = iter(times)
    ids = SessionIds(7, lambda: next(clock))
    made = [ids() for _ in times]
    assert made == sorted(set(made))


def test_nodes_never_give_the_same_id() -> None:
    first, second = (SessionIds(node, lambda: NOW) for node in (0, NODES - 1))
    assert not {first() for _ in range(100)} & {second() for _ in range(100)}


@pytest.mark.parametrize("node", [-1, NODES])
def test_a_node_out_of_range_is_refused(node: int) -> None:
    with pytest.raises(ValueError, match="not between"):
        SessionIds(node, lambda: NOW)


def test_an_id_tells_when_its_session_began() -> None:
    session = SessionIds(3, lambda: NOW)()
    assert began_at(session) == NOW
    assert began_at(message_id(session, 12)) == NOW


def test_a_message_id_begins_with_its_session_id() -> None:
    assert message_id("7zq4k0v3m8x2a", 3) == "7zq4k0v3m8x2a-3"
    assert session_of("7zq4k0v3m8x2a-3") == "7zq4k0v3m8x2a"
    assert session_of("7zq4k0v3m8x2a") == "7zq4k0v3m8x2a"


@pytest.mark.parametrize("text", ["7zq4k0v3m8x2a", "7zq4k0v3m8x2a-1", "0000000000000-999999999"])
def test_an_id_is_known_by_its_form(text: str) -> None:
    assert is_id(text)


@pytest.mark.parametrize("text", ["", "7zq4k0v3m8x2", "7zq4k0v3m8x2i", "7zq4k0v3m8x2a-", "7zq4k0v3m8x2a-1\n"])
def test_what_has_another_form_is_no_id(text: str) -> None:
    assert not is_id(text)
