"""Whom our users write to is known, by what goes out and what truly comes back, and nobody's address is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.correspondents import (
    KNOWN,
    MAX_RECIPIENTS,
    WRITTEN,
    Correspondents,
    CorrespondentsCheck,
    Pair,
    Sender,
    closest,
    is_known,
    plain,
    proven,
    received_one,
    sent_one,
    vouches,
)
from gatepost.checks.connection.identities import DKIM, DMARC, SPF
from gatepost.checks.connection.memory_settings import CorrespondentsSettings
from gatepost.checks.evidence import DmarcEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory
from gatepost.mail.path import Mailbox, parse_mailbox
from tests.checks.connection.ram import NOW, Broken, Clock, Ram, good

SETTINGS = CorrespondentsSettings()


def box(text: str) -> Mailbox:
    found = parse_mailbox(text)
    assert isinstance(found, Mailbox)
    return found


US, COLLEAGUE = box("us@ours.example"), box("colleague@ours.example")
THEM, OTHER = box("them@theirs.example"), box("other@else.example")
VOUCHED = good(SPF, "theirs.example")


def registered(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def people(memory: Memory, clock: Clock, secret: bytes = b"key") -> Correspondents:
    return Correspondents(SETTINGS, memory, clock, secret, lambda domain: domain == "ours.example")


class Town:
    def __init__(self) -> None:
        self.clock = Clock()
        self.memory = Ram(self.clock)
        self.people = people(self.memory, self.clock)

    def looks(
        self,
        *findings: Finding,
        sender: Mailbox | None = THEM,
        to: tuple[Mailbox, ...] = (US,),
        relay: bool = False,
    ) -> Sequence[Finding]:
        facts = Facts(
            session="s",
            client="192.0.2.7",
            role="inbound",
            relay=relay,
            reverse_path=sender,
            recipients=to,
            findings=findings or (VOUCHED,),
        )
        found = CorrespondentsCheck(self.people, registered).look(Stage.CONTENT, facts, None)
        if isinstance(found, Awaitable):

            async def wait() -> Sequence[Finding]:
                return await found

            return asyncio.run(wait())
        return found

    def names(self, *findings: Finding, **more: object) -> list[str]:
        return [one.name for one in self.looks(*findings, **more)]  # type: ignore[arg-type]


def test_two_messages_each_way_make_a_known_pair_and_one_out_makes_a_weaker_one() -> None:
    town = Town()
    assert town.names() == []
    town.people.went_out((US,), (THEM,))
    assert town.names() == [WRITTEN]
    town.people.came_in((THEM,), (US,))
    town.people.went_out((US,), (THEM,))
    assert town.names() == [WRITTEN]
    town.people.came_in((THEM,), (US,))
    (found,) = town.looks()
    assert (found.name, found.result, found.stage) == (KNOWN, Result.FOUND, Stage.CONTENT)
    assert found.evidence[0].words() == "our user wrote 2, got 2 of the reverse-path at theirs.example"


def test_a_stranger_cannot_write_himself_in() -> None:
    town = Town()
    for _ in range(10):
        town.people.came_in((THEM,), (US,))
    assert town.memory.records == {}


def test_what_is_not_vouched_for_is_not_spoken_for() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    assert town.names(good(SPF, "forger.example")) == []
    assert town.names(good(DKIM, "mail.theirs.example")) == [WRITTEN]


def author(
    address: str = "them@theirs.example", domain: str = "theirs.example", result: str = "pass"
) -> Finding:
    """What DMARC says of an author."""
    seen = {"pass": Result.CLEAN, "none": Result.SKIPPED}.get(result, Result.FOUND)
    evidence = DmarcEvidence(result, domain, "so it is", address=address)
    return Finding(
        check=DMARC, stage=Stage.CONTENT, result=seen, name=f"dmarc-{result}", evidence=(evidence,)
    )


BOUNCES = box("bounces+17@service.example")
FROM_SERVICE = good(SPF, "service.example")
SIGNED = good(DKIM, "mail.theirs.example", stage=Stage.CONTENT)


@pytest.mark.parametrize(
    ("findings", "names"),
    [
        ((author(),), [WRITTEN]),
        ((author(address="THEM+x@theirs.example"),), [WRITTEN]),
        ((author(result="none"), SIGNED), [WRITTEN]),
        ((author(result="none"),), []),
        ((author(result="fail"), SIGNED), []),
        ((author(address=""),), []),
        ((author(address="them @ theirs.example"),), []),
        ((author("other@theirs.example"),), []),
        ((SIGNED,), []),
    ],
    ids=[
        "by DMARC",
        "however it is written",
        "by a signature where the domain has no record",
        "by nothing",
        "the domain is stricter than we",
        "several authors",
        "no address",
        "somebody else there",
        "DMARC was not asked",
    ],
)
def test_an_author_counts_where_the_authors_domain_stands_behind_the_message(
    findings: tuple[Finding, ...], names: list[str]
) -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    assert town.names(FROM_SERVICE, *findings, sender=BOUNCES) == names
    assert town.names(FROM_SERVICE, *findings, sender=None) == names


def test_of_author_and_reverse_path_the_one_speaks_that_is_known_better() -> None:
    town = Town()
    findings = (VOUCHED, author("other@else.example", "else.example"))
    town.people.went_out((US,), (THEM, OTHER))
    (found,) = town.looks(*findings, to=(COLLEAGUE, US))
    assert found.evidence[0].words() == (
        "our user wrote 1, got 0 of the author at else.example, true for 1 of 2 recipients"
    )
    town.people.came_in((THEM,), (US,))
    (found,) = town.looks(*findings, to=(COLLEAGUE, US))
    assert found.evidence[0].words() == (
        "our user wrote 1, got 1 of the reverse-path at theirs.example, true for 1 of 2 recipients"
    )


def test_whom_a_message_is_from_is_told_once_for_each_address() -> None:
    assert proven(THEM, (VOUCHED, author("THEM@theirs.example")), registered) == (
        Sender(box("THEM@theirs.example"), "author"),
    )
    assert proven(BOUNCES, (FROM_SERVICE, author()), registered) == (
        Sender(THEM, "author"),
        Sender(BOUNCES, "reverse-path"),
    )
    assert proven(None, (), registered) == ()


def test_what_our_user_writes_counts_for_author_and_reverse_path_and_once_where_they_are_the_same() -> None:
    town = Town()
    town.people.went_out((US, COLLEAGUE, US, OTHER), (THEM, THEM))
    assert sorted(town.memory.keys("correspondents")) == sorted(town.people.keys((US, COLLEAGUE), (THEM,)))


def test_what_was_seen_lately_is_answered_at_once() -> None:
    town = Town()
    town.memory.warm = True
    town.people.went_out((US,), (THEM,))
    found = CorrespondentsCheck(town.people, registered).look(
        Stage.CONTENT,
        Facts(
            session="s",
            client="192.0.2.7",
            role="inbound",
            relay=False,
            reverse_path=THEM,
            recipients=(US,),
            findings=(VOUCHED,),
        ),
        None,
    )
    assert isinstance(found, tuple)
    assert [one.name for one in found] == [WRITTEN]


def test_a_pair_is_of_two_people() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    assert town.names(to=(COLLEAGUE,)) == []
    assert town.names(good(SPF, "else.example"), sender=OTHER) == []


def test_of_several_recipients_one_is_enough_and_the_finding_says_how_many() -> None:
    town = Town()
    town.people.went_out((US,), (THEM, OTHER))
    (found,) = town.looks(to=(COLLEAGUE, US))
    assert found.evidence[0].words() == (
        "our user wrote 1, got 0 of the reverse-path at theirs.example, true for 1 of 2 recipients"
    )


@pytest.mark.parametrize(
    ("sender", "recipients"),
    [
        (None, (THEM,)),
        (US, (COLLEAGUE,)),
        (OTHER, (THEM,)),
        (US, tuple(box(f"a{k}@list.example") for k in range(MAX_RECIPIENTS + 1))),
    ],
    ids=["a machine's <>", "inside", "not one of ours", "a mass mailing"],
)
def test_what_is_no_correspondence_is_not_learned(
    sender: Mailbox | None, recipients: tuple[Mailbox, ...]
) -> None:
    town = Town()
    town.people.went_out(() if sender is None else (sender,), recipients)
    assert town.memory.records == {}


def test_mail_from_inside_and_relay_clients_are_not_looked_up() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    assert town.looks(relay=True) == ()
    assert town.looks(sender=None) == ()
    assert town.looks(to=()) == ()


def test_a_pair_is_forgotten_some_time_after_its_last_message() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    town.clock.now += SETTINGS.remember_days * DAY - 1
    town.people.came_in((THEM,), (US,))
    town.clock.now += SETTINGS.remember_days * DAY - 1
    assert town.names() == [WRITTEN]
    town.clock.now += 1
    assert town.names() == []


def test_no_address_is_kept_and_the_hashes_need_the_secret() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    ((key, raw),) = ((key, raw) for (_, key), raw in town.memory.records.items())
    assert len(key) == 32
    assert "theirs" not in key + raw.value.decode("latin-1")
    elsewhere = people(town.memory, town.clock, b"another")
    assert elsewhere.keys((US,), (THEM,)) != town.people.keys((US,), (THEM,))
    assert town.people.keys((US,), (THEM,)) != town.people.keys((THEM,), (US,))


@pytest.mark.parametrize(
    ("address", "written"),
    [
        ("Some.One@Example.ORG", "some.one@example.org"),
        ("one+detail+more@example.org", "one@example.org"),
        ("+odd@example.org", "+odd@example.org"),
        ('"a+b"@example.org', '"a+b"@example.org'),
        ("a@Bücher.example", "a@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_one_however_it_is_written(address: str, written: str) -> None:
    assert plain(box(address)) == written


def test_whom_our_user_wrote_to_can_be_asked_and_a_failure_is_no_acquaintance() -> None:
    town = Town()
    town.people.went_out((US,), (THEM,))
    assert asyncio.run(town.people.wrote(US, THEM))
    assert not asyncio.run(town.people.wrote(COLLEAGUE, THEM))
    assert not asyncio.run(town.people.wrote(US, None))
    assert not asyncio.run(people(Broken(), town.clock).wrote(US, THEM))


def test_a_memory_that_does_not_answer_is_a_finding() -> None:
    town = Town()
    town.people = people(Broken(), town.clock)
    assert [one.what for one in town.looks()] == ["correspondent-unavailable"]


@pytest.mark.parametrize(
    ("findings", "vouched"),
    [
        ((), False),
        ((good(SPF, "theirs.example"),), True),
        ((good(DKIM, "a.theirs.example"),), True),
        ((good(DMARC, "theirs.example"),), True),
        ((good(DKIM, "heirs.example"), good(SPF, "else.example")), False),
        ((good("reverse", "theirs.example"),), False),
    ],
)
def test_a_domain_is_vouched_for_by_itself_or_its_organisation(
    findings: tuple[Finding, ...], vouched: bool
) -> None:
    assert vouches(findings, "theirs.example", registered) is vouched


def test_two_domains_without_an_organisation_are_not_the_same() -> None:
    assert not vouches((good(SPF, "a"),), "b", lambda domain: "")


PAIRS = st.builds(Pair, st.just(NOW), st.integers(0, 5), st.integers(0, 5))


@given(st.lists(st.sampled_from(["out", "in"]), max_size=30))
def test_counts_are_those_since_our_user_wrote_first(way: list[str]) -> None:
    pair: Pair | None = None
    for one in way:
        pair = sent_one(pair, NOW, DAY) if one == "out" else received_one(pair, NOW, DAY)
    since = way[way.index("out") :] if "out" in way else []
    assert (pair is None) == (not since)
    if pair is not None:
        assert (pair.sent, pair.received) == (since.count("out"), since.count("in"))
        assert is_known(pair, SETTINGS) == (since.count("out") >= 2 and since.count("in") >= 2)


@given(st.lists(st.none() | PAIRS, max_size=8))
def test_the_closest_is_a_known_one_where_there_is_one(pairs: list[Pair | None]) -> None:
    found = closest(pairs, SETTINGS)
    there = [pair for pair in pairs if pair is not None]
    assert (found is None) == (not there)
    if found is not None:
        assert is_known(found, SETTINGS) == any(is_known(pair, SETTINGS) for pair in there)
