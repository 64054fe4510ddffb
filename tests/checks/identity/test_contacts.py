"""A domain that looks like a contact's is found with the reason, a contact's own never."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.correspondents import KNOWN, WRITTEN
from gatepost.checks.connection.identities import DMARC
from gatepost.checks.evidence import CorrespondentEvidence, DmarcEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import (
    LOOK_ALIKE,
    MAX_ALIKE,
    Alike,
    Contacts,
    ContactsCheck,
    kept,
)
from gatepost.checks.memory import DAY
from gatepost.mail.idn import to_ascii
from gatepost.mail.lookalike import LONGEST_VARIED
from tests.checks.connection.ram import NOW, Broken, Clock, Ram

LIFETIME_DAYS = 180.0
CYRILLIC = to_ascii("suppl\N{CYRILLIC SMALL LETTER BYELORUSSIAN-UKRAINIAN I}er.example") or ""


def correspondent(domain: str, name: str = KNOWN) -> Finding:
    evidence = CorrespondentEvidence(2, 2, sender="author", domain=domain)
    return Finding(check="c", stage=Stage.CONTENT, result=Result.FOUND, name=name, evidence=(evidence,))


def facts(author: str, *, relay: bool = False) -> Facts:
    evidence = DmarcEvidence("pass", author, "so it is", address=f"boss@{author}")
    finding = Finding(check=DMARC, stage=Stage.CONTENT, result=Result.CLEAN, evidence=(evidence,))
    return Facts(session="s", client="192.0.2.7", role="inbound", relay=relay, findings=(finding,))


class Office:
    def __init__(self, *domains: str) -> None:
        self.clock = Clock()
        self.memory = Ram(self.clock)
        self.contacts = Contacts(LIFETIME_DAYS, self.memory, self.clock)
        self.contacts.learn([correspondent(domain) for domain in domains])

    def looks(self, author: str, *, relay: bool = False) -> Sequence[Finding]:
        check = ContactsCheck(self.contacts, lambda domain: domain == "ours.test")
        found = check.look(Stage.CONTENT, facts(author, relay=relay), None)
        if isinstance(found, Awaitable):

            async def wait() -> Sequence[Finding]:
                return await found

            return asyncio.run(wait())
        return found

    def words(self, author: str) -> list[str]:
        return [found.evidence[0].words() for found in self.looks(author)]


@pytest.mark.parametrize(
    ("author", "why"),
    [
        ("supp1ier.example", "it has letters or digits that look like those of supplier.example"),
        (CYRILLIC, "it is written in letters that look like those of supplier.example"),
        ("sup-plier.example", "it differs by hyphens only from supplier.example"),
        ("mail.suppliers.example", "it is one letter away from supplier.example"),
        ("suplier.example", "it is one letter away from supplier.example"),
        ("supplire.example", "it is one letter away from supplier.example"),
    ],
)
def test_what_looks_like_a_contact_is_found_with_the_reason(author: str, why: str) -> None:
    office = Office("mail.supplier.example")
    reason = f"From 'boss@{author}': {why}, where known correspondents of our users are"
    assert office.words(author) == [reason]


def test_the_finding_has_a_name_and_tells_strangers_nothing_of_the_contact() -> None:
    (found,) = Office("supplier.example").looks("suppliers.example")
    assert (found.what, found.result, found.stage) == (LOOK_ALIKE, Result.FOUND, Stage.CONTENT)
    assert found.evidence[0].facts() == {
        "domain": "suppliers.example",
        "why": "suppliers.example looks like another domain",
    }


@pytest.mark.parametrize(
    "author",
    ["supplier.example", "www.supplier.example", "suppliers.example", "other.example", "supplier.test", "x"],
)
def test_contacts_themselves_and_what_is_unlike_them_are_left_in_peace(author: str) -> None:
    assert Office("supplier.example", "suppliers.example").words(author) == []


def test_short_names_are_a_letter_apart_by_chance() -> None:
    office = Office("short.example")
    assert office.words("shore.example") == []
    assert len(office.words("sh0rt.example")) == 1


def test_only_known_correspondents_make_a_contact() -> None:
    office = Office()
    office.contacts.learn([correspondent("supplier.example", WRITTEN)])
    assert office.memory.records == {}


def test_a_domain_of_any_length_costs_a_bounded_number_of_records() -> None:
    assert len(Office(f"{'abcdefghij' * 3}.example").memory.records) == LONGEST_VARIED + 1
    assert len(Office(f"{'abcdefghij' * 6}.example").memory.records) == 1
    assert Office("localhost", "").memory.records == {}


def test_own_clients_and_our_own_domain_are_not_looked_at() -> None:
    office = Office("supplier.example")
    assert office.looks("supp1ier.example", relay=True) == ()
    assert office.looks("ours.test") == ()
    assert office.memory.asked == 0


def test_a_contact_is_forgotten_some_time_after_the_last_message() -> None:
    office = Office("supplier.example")
    office.clock.now += (LIFETIME_DAYS - 1) * DAY
    office.contacts.learn([correspondent("supplier.example")])
    office.clock.now += (LIFETIME_DAYS - 1) * DAY
    assert len(office.words("supp1ier.example")) == 1
    office.clock.now += DAY
    assert office.words("supp1ier.example") == []


def test_what_was_seen_lately_is_answered_at_once() -> None:
    office = Office("supplier.example")
    office.memory.warm = True
    check = ContactsCheck(office.contacts, lambda domain: False)
    assert isinstance(check.look(Stage.CONTENT, facts("supp1ier.example"), None), tuple)


def test_a_memory_that_does_not_answer_is_a_finding() -> None:
    office = Office()
    office.contacts = Contacts(LIFETIME_DAYS, Broken(), office.clock)
    assert [found.what for found in office.looks("new.test")] == ["contact-unavailable"]


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(0, 50)), min_size=1, max_size=40))
def test_under_a_likeness_the_youngest_domains_are_kept_and_only_as_long_as_they_are_to_be(
    steps: list[tuple[str, float]],
) -> None:
    now, alike = NOW, None
    for domain, days in steps:
        now += days * DAY
        alike = kept(alike, domain, now, 90 * DAY)
        assert len(alike.domains) <= MAX_ALIKE
        assert alike.domains[domain] > now + 89 * DAY
        assert alike.expires == max(alike.domains.values())


def test_what_was_kept_today_is_not_written_again() -> None:
    alike = kept(None, "a.test", NOW, 90 * DAY)
    assert kept(alike, "a.test", NOW + DAY / 2, 90 * DAY) is alike
    assert kept(alike, "b.test", NOW, 90 * DAY) == Alike(
        NOW + 90 * DAY, {"a.test": NOW + 90 * DAY, "b.test": NOW + 90 * DAY}
    )
