"""Every reply the gateway can give is got from the running gateway by a dialogue; a new one without fails here."""

from __future__ import annotations

import ast

import pytest

from gatepost.reply import catalogue
from tests.dialogues import test_engines, test_live, test_standing
from tests.dialogues.given import BY_WORDS, SHOWN, given_by, given_by_the_source, got_by
from tests.dialogues.script import all_dialogues
from tests.peers import test_inspection, test_spam

# In the catalogue with their one situation, which none of the code that there is can bring about.
LATER = {
    "auth-continue",
    "auth-failed",
    "auth-ok",
    "auth-required",
    "domain-takes-no-mail",
    "parameter-not-now",
    "rcpt-unknown",
    "rcpt-unverified",
}


def test_each_entry_that_the_source_gives_is_got_by_a_dialogue_and_no_other() -> None:
    assert test_live.__doc__  # importing it fills SHOWN
    assert test_standing.__doc__
    assert test_inspection.__doc__
    assert test_spam.__doc__
    assert test_engines.__doc__
    got = set[str]().union(SHOWN, *map(got_by, all_dialogues()))
    assert sorted(got ^ given_by_the_source()) == []


def test_the_rest_of_the_catalogue_is_for_later() -> None:
    assert set(catalogue.ENTRIES) - given_by_the_source() == LATER


@pytest.mark.parametrize(
    "source",
    [
        "catalogue.SPOOL_FULL.reply()",
        "from gatepost.reply.catalogue.session import SPOOL_FULL",
        'Known(defer="spool-full")',
    ],
)
def test_the_walk_finds_each_way_of_naming_an_entry(source: str) -> None:
    assert given_by(ast.parse(source), is_rules=True) == {"spool-full"}


def test_the_walk_takes_nothing_else_for_an_entry() -> None:
    source = "catalogue.ENTRIES[x]; catalogue.nothing; other.SPOOL_FULL; Reply(entry=name); Rule(entry='')"
    assert given_by(ast.parse(source), is_rules=True) == set()


@pytest.mark.parametrize("entry", BY_WORDS)
def test_words_that_stand_for_an_entry_begin_as_it_does(entry: str) -> None:
    code, enhanced = catalogue.ENTRIES[entry].code, catalogue.ENTRIES[entry].enhanced
    assert BY_WORDS[entry][:3] == str(code)
    assert BY_WORDS[entry][4:].startswith(enhanced)
