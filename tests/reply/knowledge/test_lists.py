from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.reply import knowledge
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context
from gatepost.reply.knowledge import compiled

LISTS = sorted(path.stem for path in (Path(compiled.__file__).parent / "lists").glob("*.toml"))
POSTFIX = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using {}"


@pytest.mark.parametrize("name", LISTS)
def test_a_file_of_a_list_is_read_and_has_a_title(name: str) -> None:
    assert knowledge.speakers()[name].title


@pytest.mark.parametrize(
    "zone",
    [
        "zen.spamhaus.org",
        "abcdefghij.zen.dq.spamhaus.net",
        "pbl.spamhaus.org",
        "cbl.abuseat.org",
        "bl.spamcop.net",
        "b.barracudacentral.org",
        "dnsbl.sorbs.net",
        "dnsbl-1.uceprotect.net",
        "dnsbl-3.uceprotect.net",
        "ips.backscatterer.org",
        "ix.dnsbl.manitu.net",
        "psbl.surriel.com",
        "combined.mail.abusix.zone",
        "bl.mailspike.net",
        "dnsbl.spfbl.net",
        "truncate.gbudb.net",
        "hostkarma.junkemailfilter.com",
        "bl.score.senderscore.com",
        "all.spamrats.com",
        "bl.spameatingmonkey.net",
        "dnsbl.dronebl.org",
    ],
)
def test_a_list_of_addresses_makes_it_the_move_of_the_sending_side(zone: str) -> None:
    told = explain(POSTFIX.format(zone), Context(direction="sent"))
    assert (told.cause, told.side, told.retry) == ("ip_blocklist", "sender", "after_change")


@pytest.mark.parametrize(
    "text",
    [
        "554 5.7.1 Service unavailable; Sender address [x@example.org] blocked using dbl.spamhaus.org",
        "554 5.7.1 Service unavailable; Helo command [mail.example.org] blocked using dbl.spamhaus.org",
        "550 5.7.1 example.net is listed in the Spamhaus DBL, https://www.spamhaus.org/query/domain/example.net",
        "550 5.7.1 Link to example.net found, listed by multi.surbl.org",
        "550 5.7.1 URL example.net in black.uribl.com",
        "554 5.7.1 Sender address [x@example.org] blocked using dblack.mail.abusix.zone",
        "554 5.7.1 Sender address [x@example.org] blocked using fresh.spameatingmonkey.net",
        "550 message rejected, example.net listed in ivmURI",
    ],
)
def test_a_list_of_domains_is_told_from_a_list_of_addresses(text: str) -> None:
    assert explain(text).cause == "domain_blocklist"


@pytest.mark.parametrize(
    ("part", "word"),
    [
        ("pbl.spamhaus.org", "PBL"),
        ("xbl.spamhaus.org", "infected"),
        ("cbl.abuseat.org", "infected"),
    ],
)
def test_the_part_of_the_list_tells_what_it_stands_for(part: str, word: str) -> None:
    assert word in explain(f"550 5.7.1 192.0.2.7 refused, {part}").meaning


@pytest.mark.parametrize(
    ("zone", "word"),
    [
        ("bl.spamcop.net", "by itself"),
        ("psbl.surriel.com", "by itself"),
        ("dnsbl-1.uceprotect.net", "by itself"),
        ("ips.backscatterer.org", "by itself"),
        ("truncate.gbudb.net", "nobody can ask"),
        ("dnsbl.sorbs.net", "it is gone"),
        ("ix.dnsbl.manitu.net", "the list is gone"),
        ("dnsbl-3.uceprotect.net", "cannot be taken off"),
    ],
)
def test_it_is_said_when_nobody_has_to_ask_or_can(zone: str, word: str) -> None:
    assert word in explain(f"550 5.7.1 192.0.2.7 refused, listed by {zone}").action


def test_a_list_that_was_closed_is_the_fault_of_the_one_who_asks_it() -> None:
    text = POSTFIX.format("dnsbl.njabl.org")
    assert explain(text, Context(direction="sent")).side == "gateway"
    assert explain(text, Context(direction="received")).side == "recipient"


@pytest.mark.parametrize(
    "answer",
    [
        "zen.spamhaus.org; Error: open resolver; https://www.spamhaus.org/returnc/pub/192.0.2.53/",
        "zen.spamhaus.org; https://www.spamhaus.org/returnc/vol/",
        "multi.uribl.com; 127.0.0.1 -> Query Refused. See http://uribl.com/refused.shtml",
        "multi.surbl.org; Query refused",
        "bl.example.net; You have exceeded the query limit for this list",
    ],
)
@pytest.mark.parametrize("direction", ["sent", "received"])
def test_a_list_that_refuses_the_question_lists_nobody(answer: str, direction: str) -> None:
    told = explain(POSTFIX.format(answer), Context(direction="sent" if direction == "sent" else "received"))
    assert told.cause == "system_perm"
    assert told.side != "sender"
    assert "Nothing to mend on the sending side" in told.action


def test_a_domain_list_that_refuses_the_question_lists_nobody() -> None:
    told = explain(
        "554 5.7.1 Service unavailable; Sender address [x@example.org] blocked using dbl.spamhaus.org;"
        " Error: open resolver; https://www.spamhaus.org/returnc/pub/192.0.2.53/"
    )
    assert told.cause == "system_perm"
