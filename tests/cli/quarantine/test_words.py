from __future__ import annotations

import json
import re
from pathlib import Path

import click
import pytest

from gatepost.cli.quarantine.words import elsewhere, listed, plain, plain_in_full, shown
from gatepost.delivery.routes import Routes
from gatepost.gateway.quarantine.excerpt import excerpt
from gatepost.gateway.quarantine.holdings import Found, Holding, Wanted, find, get
from gatepost.policy.domains import Domains, DomainSettings
from gatepost.spool.interface import Recipient
from tests.gateway.quarantine.shelf import CONTENT, WHY, fill, held, id_of

ROUTES = Routes(Domains((DomainSettings(name="ours.test", next_hop=("10.0.0.5:25", "10.0.0.6:25")),)))
EVIL = "\x1b[2J\u202eevil"


@pytest.fixture
def found(tmp_path: Path) -> Found:
    to = (
        Recipient("bob@ours.test", held=WHY),
        Recipient("x@else.test", held=WHY),
        Recipient("ann@ours.test"),
    )
    fill(tmp_path / "0", held(1, *to), held(2, Recipient("carl@there.test")), held(3, reverse_path=EVIL))
    return find(tmp_path, Wanted())


def of(found: Found, number: int) -> Holding:
    (holding,) = [holding for holding in found.quarantined if holding.message.id == id_of(number)]
    return holding


def test_the_list_says_since_when_how_large_who_to_whom_and_why(found: Found) -> None:
    holding = of(found, 1)
    text = click.unstyle("\n".join(listed(found, holding.since + 7300)))
    assert re.search(rf"{id_of(1)}  \d{{4}}-\d\d-\d\d \d\d:\d\d  2\.0 h, {len(CONTENT)} octets", text)
    assert "mallory@bad.test to bob@ours.test, x@else.test" in text
    assert '"Your invoice"' in text
    assert "a virus signature matched [virus-found]" in text
    assert "2 messages are held by policy." in text
    assert "1 message is held for another reason: delivery cannot go on" in text
    assert text.isascii()
    assert "\x1b[2J" not in text


def words_of(holding: Holding) -> str:
    return " ".join(click.unstyle(" ".join(shown(holding, excerpt(CONTENT), ROUTES, 1e10))).split())


def test_nothing_held_is_said_too() -> None:
    assert listed(Found(quarantined=(), undeliverable=0), 1.0) == ["Policy holds no such message."]
    assert elsewhere(2).startswith("2 messages are held for another reason")


def test_one_in_full_has_the_evidence_and_what_release_would_mean_for_each_recipient(found: Found) -> None:
    text = words_of(of(found, 1))
    for words in (
        "held by policy for",
        "Why a virus signature matched",
        "To bob@ours.test, x@else.test",
        "Not held for ann@ours.test, where delivery still tries",
        "192.0.2.7:4711 calling itself mail.bad.test",
        "would send it to bob@ours.test by way of 10.0.0.5:25, then 10.0.0.6:25",
        "x@else.test: no next hop is named for it, so it would go on waiting",
        "Test.Virus in part 2 (invoice.pdf), found by clamd",
        "Subject: Your invoice",
        "Please pay.",
    ):
        assert words in text
    assert "size-clean" not in text


def test_what_delivery_holds_is_told_as_such(found: Found, tmp_path: Path) -> None:
    holding = get(tmp_path, id_of(2))
    assert holding is not None
    text = words_of(holding)
    assert "held because delivery cannot go on" in text
    assert "no next hop is named for there.test" in text
    assert "not by this command" in text


def test_a_program_gets_the_same_facts(found: Found) -> None:
    holding = of(found, 1)
    row = plain(holding, holding.since + 60)
    assert (row["age"], row["kind"], row["rule"]) == (60, "policy", "virus-found")
    assert (row["recipients"], row["also_for"]) == (["bob@ours.test", "x@else.test"], ["ann@ours.test"])
    assert (row["findings"], row["score"]) == (["virus-found"], 5.0)
    full = json.loads(json.dumps(plain_in_full(holding, excerpt(CONTENT), ROUTES, 1e10)))
    assert full["findings"][0]["evidence"][0]["where"] == "part 2 (invoice.pdf)"
    assert full["header"][1] == {"name": "Subject", "value": "Your invoice"}
    assert full["text"] == ["Please pay."]
    assert full["release"][0] == {"recipient": "bob@ours.test", "next_hop": ["10.0.0.5:25", "10.0.0.6:25"]}
    assert full["release"][1]["next_hop"] == []


def test_no_word_of_a_stranger_reaches_the_terminal_as_it_is(found: Found) -> None:
    seen = excerpt(f"Subject: {EVIL}\r\n\r\n{EVIL}\r\n".encode())
    for line in [*listed(found, 1e10), *shown(of(found, 3), seen, ROUTES, 1e10)]:
        assert click.unstyle(line).replace("\n", "").isprintable()
