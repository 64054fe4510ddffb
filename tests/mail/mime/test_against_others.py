"""No leaf that another parser decodes is unseen by the view: not in whole messages, not in damaged ones."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import Message
from random import Random

import fast_mail_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.mail.mime import view
from tests.mail.mime.messages import Maker
from tests.mail.mime.tricks import PAYLOAD, TRICKS

MARK = re.compile(rb"MARK<\d{6}>KRAM|" + re.escape(PAYLOAD))


def seen_here(message: bytes) -> set[bytes]:
    readings = [reading for part in view(message).leaves for reading in part.readings()]
    return {mark for reading in readings for mark in MARK.findall(reading)}


def seen_by_stdlib(message: bytes, wanted: policy.Policy[Message]) -> set[bytes]:
    found: set[bytes] = set()
    try:
        parts = list(email.message_from_bytes(message, policy=wanted).walk())
    except Exception:  # noqa: BLE001 - it raises many
        return found
    for part in parts:
        try:
            payload = part.get_payload(decode=True)
        except Exception:  # noqa: BLE001
            continue
        if isinstance(payload, bytes):
            found.update(MARK.findall(payload))
    return found


def seen_by_fast(message: bytes) -> set[bytes]:
    found: set[bytes] = set()
    try:
        parts = list(fast_mail_parser.walk(fast_mail_parser.parse_email_tree(message, mode="lazy")))
    except fast_mail_parser.ParseError:
        return found
    for part in parts:
        try:
            content = part.content
        except fast_mail_parser.ParseError:
            continue
        if content is not None:
            found.update(MARK.findall(content))
    return found


def unseen(message: bytes) -> set[bytes]:
    """What the others see and the view does not."""
    others = (
        seen_by_stdlib(message, policy.compat32)
        | seen_by_stdlib(message, policy.default)
        | seen_by_fast(message)
    )
    return others - seen_here(message)


@pytest.mark.parametrize("name", TRICKS)
def test_of_no_trick_others_see_more(name: str) -> None:
    assert unseen(TRICKS[name][0]) == set()


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_of_a_whole_message_every_leaf_is_seen(seed: int) -> None:
    maker = Maker(Random(seed))
    message = maker.message()
    assert set(maker.marks) - seen_here(message) == set()
    assert unseen(message) == set()


@given(st.integers(0, 2**32), st.integers(1, 8))
@settings(max_examples=700, deadline=None)
def test_of_a_damaged_message_others_see_no_more(seed: int, times: int) -> None:
    assert unseen(Maker(Random(seed)).damaged(times)) == set()
