from __future__ import annotations

from collections.abc import Iterable

import pytest

from gatepost.checks.connection.correspondents import Correspondents
from gatepost.checks.connection.reputation import Reputation, Verdict
from gatepost.checks.evidence import DmarcEvidence, SpfEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import Contacts
from gatepost.checks.identity.new_domains import KnownDomains
from gatepost.mail.header import Glance
from gatepost.mail.path import Mailbox
from gatepost.policy.disposition import Action, Disposition
from gatepost.reception.lessons import Lessons

OURS, THEIRS = Mailbox("ann@ours.test", "ours.test"), Mailbox("bob@their.test", "their.test")
PASS = Finding(
    check="spf",
    stage=Stage.MAIL,
    result=Result.CLEAN,
    name="spf-pass",
    evidence=(SpfEvidence("pass", "mailfrom", "192.0.2.7", "their.test", "it matches"),),
)
TAKEN = Disposition(action=Action.RELAY, rule="nothing-found")
REFUSED = Disposition(action=Action.REJECT, rule="virus-found")
PUT_OFF = Disposition(action=Action.DEFER, rule="virus-unavailable")


class Heard:
    """Stands where reputation and correspondents are learned, and notes what it is told."""

    def __init__(self) -> None:
        self.verdicts: list[tuple[tuple[str, ...], Verdict]] = []
        self.out: list[list[str]] = []
        self.came: list[list[str]] = []
        self.domains: list[str] = []
        self.acquaintances: list[str] = []

    def learn(self, identities: tuple[str, ...], verdict: Verdict) -> None:
        self.verdicts.append((identities, verdict))

    def went_out(self, senders: Iterable[Mailbox], recipients: tuple[Mailbox, ...]) -> None:
        self.out.append([sender.address for sender in senders])

    def came_in(self, senders: Iterable[Mailbox], recipients: tuple[Mailbox, ...]) -> None:
        self.came.append([sender.address for sender in senders])


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    heard = Heard()
    monkeypatch.setattr(
        Reputation, "learn", lambda self, identities, verdict: heard.learn(identities, verdict)
    )
    monkeypatch.setattr(Correspondents, "went_out", lambda self, *args: heard.went_out(*args))
    monkeypatch.setattr(Correspondents, "came_in", lambda self, *args: heard.came_in(*args))
    monkeypatch.setattr(
        Contacts, "learn", lambda self, findings: heard.acquaintances.extend([f.what for f in findings])
    )
    monkeypatch.setattr(KnownDomains, "learn", lambda self, domains: heard.domains.extend(domains))
    return heard


def lessons() -> Lessons:
    return Lessons(
        object.__new__(Reputation),
        object.__new__(Correspondents),
        object.__new__(Contacts),
        object.__new__(KnownDomains),
        lambda domain: domain,
    )


def facts(sender: Mailbox, recipient: Mailbox, *, relay: bool = False) -> Facts:
    return Facts(
        session="s",
        client="192.0.2.7",
        role="inbound",
        relay=relay,
        reverse_path=sender,
        recipients=(recipient,),
        findings=(PASS,),
    )


def seen(author: str = "", *, automatic: bool = False) -> Glance:
    return Glance(author, "", "", 0, automatic=automatic)


PLAIN = seen()


def test_what_became_of_a_strangers_message_is_learned_for_who_is_proven(heard: Heard) -> None:
    inbound = facts(THEIRS, OURS)
    lessons().learn(inbound, (PASS,), TAKEN, PLAIN)
    lessons().learn(inbound, (PASS,), REFUSED, PLAIN)
    [(who, good), (_, bad)] = heard.verdicts
    assert who[0] == "spf=their.test"
    assert (good.accepted, bad.accepted, bad.causes) == (True, False, ("virus-found",))
    assert heard.came == [["bob@their.test"]]


def test_what_nothing_vouches_for_came_from_nobody(heard: Heard) -> None:
    lessons().learn(facts(THEIRS, OURS), (), TAKEN, seen("bob@their.test"))
    assert heard.came == [[]]


def test_what_was_put_off_has_no_verdict(heard: Heard) -> None:
    lessons().learn(facts(THEIRS, OURS), (PASS,), PUT_OFF, PLAIN)
    assert (heard.verdicts, heard.came) == ([], [])


def test_whom_our_users_write_to_is_learned_but_not_what_programs_answer(heard: Heard) -> None:
    outbound = facts(OURS, THEIRS, relay=True)
    lessons().learn(outbound, (), TAKEN, PLAIN)
    lessons().learn(outbound, (), TAKEN, seen(automatic=True))
    lessons().learn(outbound, (), REFUSED, PLAIN)
    assert heard.out == [["ann@ours.test"]]
    assert heard.verdicts == []


@pytest.mark.parametrize(
    ("author", "written"),
    [
        ("Ann <ann.b@ours.test>", ["ann.b@ours.test"]),
        ("Müller, Ann <ann.b@ours.test>", ["ann.b@ours.test"]),
        ("a@ours.test, b@ours.test", []),
        ("nobody", []),
        ("\ud800 <ann.b@ours.test>", ["ann.b@ours.test"]),
    ],
)
def test_what_our_user_wrote_counts_for_its_author_too(heard: Heard, author: str, written: list[str]) -> None:
    lessons().learn(facts(OURS, THEIRS, relay=True), (), TAKEN, seen(author))
    assert heard.out == [["ann@ours.test", *written]]


def test_domains_are_learned_of_what_was_taken_from_authors_and_what_went_out(heard: Heard) -> None:
    evidence = DmarcEvidence("none", "author.test", "there is no record")
    dmarc = Finding(check="dmarc", stage=Stage.CONTENT, result=Result.SKIPPED, evidence=(evidence,))
    lessons().learn(facts(THEIRS, OURS), (PASS, dmarc), REFUSED, PLAIN)
    assert heard.domains == []
    lessons().learn(facts(THEIRS, OURS), (PASS, dmarc), TAKEN, PLAIN)
    lessons().learn(facts(OURS, THEIRS, relay=True), (), TAKEN, PLAIN)
    assert heard.domains == ["author.test", "their.test"]


def test_contacts_are_learned_from_what_was_taken_only(heard: Heard) -> None:
    lessons().learn(facts(THEIRS, OURS), (PASS,), REFUSED, PLAIN)
    assert heard.acquaintances == []
    lessons().learn(facts(THEIRS, OURS), (PASS,), TAKEN, PLAIN)
    assert heard.acquaintances == ["spf-pass"]


def test_nothing_is_learned_where_nothing_is_wanted() -> None:
    Lessons(None, None, None, None, lambda domain: domain).learn(facts(THEIRS, OURS), (PASS,), TAKEN, PLAIN)
    Lessons(None, None, None, None, lambda domain: domain).learn(
        facts(OURS, THEIRS, relay=True), (), TAKEN, PLAIN
    )


def test_what_is_held_has_no_verdict_yet(heard: Heard) -> None:
    lessons().learn(
        facts(THEIRS, OURS), [PASS], Disposition(action=Action.QUARANTINE, rule="virus-found"), PLAIN
    )
    assert (heard.verdicts, heard.came) == ([], [])
