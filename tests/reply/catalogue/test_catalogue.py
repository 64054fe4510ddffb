from __future__ import annotations

import re
from types import ModuleType
from typing import get_args

import pytest

from gatepost.reply import catalogue, knowledge
from gatepost.reply.catalogue import ENTRIES, RELAY_DENIED, collect
from gatepost.reply.entry import Entry
from gatepost.reply.explanation import Side

STAGES = {"connect", "helo", "starttls", "auth", "mail", "rcpt", "data", "content", "quit", "any"}
# Those of the article on the numbers in the logs, and those of the extensions since.
CODES = {
    *(211, 214, 220, 221, 250, 251, 252, 354, 421, 450, 451, 452),
    *(500, 501, 502, 503, 504, 550, 551, 552, 553, 554),
    *(334, 235, 454, 455, 530, 535, 555, 556),
}
every_entry = pytest.mark.parametrize("entry", ENTRIES.values(), ids=str)


def test_every_code_of_the_article_and_the_extensions_has_an_entry() -> None:
    assert CODES - {entry.code for entry in ENTRIES.values()} == set()


def test_each_entry_is_a_constant_of_the_catalogue() -> None:
    for name, entry in ENTRIES.items():
        assert getattr(catalogue, name.upper().replace("-", "_")) is entry


@every_entry
def test_the_enhanced_status_is_of_the_class_of_the_code(entry: Entry) -> None:
    assert not entry.enhanced or entry.enhanced[0] == str(entry.code)[0]
    assert str(entry.code)[0] in "2345"


@every_entry
def test_the_forms_that_the_standard_fixes_have_no_enhanced_status(entry: Entry) -> None:
    if not entry.enhanced:  # RFC 2034 §4: greeting and EHLO are exempt; 3yz has no enhanced codes at all
        assert entry.code in {220, 221, 250, 334, 354}


@every_entry
def test_every_entry_is_documented_in_whole_sentences(entry: Entry) -> None:
    for words in (entry.when, entry.why, entry.sender_action, entry.operator_action):
        assert words.endswith((".", ".)", "?"))
        assert words[0].isupper() or words[0] == "`"
        assert "provisional" not in words
    assert set(entry.stage.split(", ")) <= STAGES
    assert entry.references
    assert all(re.fullmatch(r"RFC \d{3,5} §\d+(\.\d+)*", reference) for reference in entry.references)


@every_entry
def test_a_refusal_has_a_cause_and_someone_whose_move_it_is(entry: Entry) -> None:
    if entry.code >= 400:
        assert entry.cause in knowledge.causes()
        assert entry.side in get_args(Side)
        assert entry.side != "unknown"
    else:
        assert entry.cause == ""
        assert entry.side == "nobody"


@every_entry
def test_a_refusal_for_now_is_not_for_a_cause_that_never_passes(entry: Entry) -> None:
    if str(entry.code)[0] == "4":
        assert knowledge.causes()[entry.cause].persistence != "permanent"


def test_two_entries_of_one_id_are_refused() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    first.RELAY_DENIED = second.RELAY_DENIED = RELAY_DENIED  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="twice"):
        collect(first, second)


def test_a_constant_must_be_named_like_its_id() -> None:
    module = ModuleType("module")
    module.RELAY = RELAY_DENIED  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="not the name"):
        collect(module)
