"""A suspicious stranger waits once; whoever comes back is known, whichever machine of the pool it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.correspondents import Correspondents
from gatepost.checks.connection.greylist import (
    EARLY,
    FIRST,
    GreylistCheck,
    Known,
    Waiting,
    arrived,
    passed,
    seconds_left,
    state,
    waiting_key,
)
from gatepost.checks.connection.identities import REVERSE, SPF
from gatepost.checks.connection.memory_settings import CorrespondentsSettings, GreylistSettings
from gatepost.checks.evidence import GreylistEvidence
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory
from gatepost.mail.path import Mailbox
from tests.checks.connection.ram import NOW, Broken, Clock, Ram, bad, good

SETTINGS = GreylistSettings()
DELAY = SETTINGS.delay
US = Mailbox("Us@ours.example", "ours.example")
THEM = Mailbox("Them@theirs.example", "theirs.example")


def registered(domain: str) -> str:
    return ".".join(domain.split(".")[-2:]) if "." in domain else ""


def check(
    memory: Memory, clock: Clock, settings: GreylistSettings = SETTINGS, **more: object
) -> GreylistCheck:
    return GreylistCheck(settings, memory, clock, registered, **more)  # type: ignore[arg-type]


def facts(
    *findings: Finding,
    client: str = "192.0.2.7",
    relay: bool = False,
    sender: Mailbox | None = THEM,
    to: Mailbox = US,
    helo: str = "mx.pool.example",
) -> Facts:
    return Facts(
        session="s",
        client=client,
        role="inbound",
        relay=relay,
        helo=helo,
        reverse_path=sender,
        recipient=to,
        findings=findings,
    )


def look(check: GreylistCheck, facts: Facts) -> Sequence[Finding]:
    found = check.look(Stage.RCPT, facts, None)
    if isinstance(found, Awaitable):

        async def wait() -> Sequence[Finding]:
            return await found

        return asyncio.run(wait())
    return found


def said(found: Sequence[Finding]) -> list[tuple[Result, str, str]]:
    return [(one.result, one.name, "; ".join(e.words() for e in one.evidence)) for one in found]


@pytest.fixture
def clock() -> Clock:
    return Clock()


# -- the story of one stranger ------------------------------------------------------------------------------


def test_the_first_try_waits_an_early_one_is_told_the_rest_and_a_retry_passes(clock: Clock) -> None:
    memory = Ram(clock)
    greylist = check(memory, clock)
    stranger = facts(bad())
    pool = "net=192.0.2.0/24 name=pool.example"
    assert said(look(greylist, stranger)) == [(Result.FOUND, FIRST, f"{pool}, try 1, may pass in {DELAY} s")]
    clock.now += 60
    assert said(look(greylist, stranger)) == [
        (Result.FOUND, EARLY, f"{pool}, try 2, may pass in {DELAY - 60} s")
    ]
    clock.now = NOW + DELAY
    assert said(look(greylist, stranger)) == [
        (Result.CLEAN, "", f"greylist passed by {pool}: it came back after {DELAY} s")
    ]
    assert memory.keys("greylist-waiting") == set()
    clock.now += 1
    assert said(look(greylist, stranger)) == [
        (Result.CLEAN, "", f"{pool} is known: it came back after {DELAY} s")
    ]


def test_the_reply_is_told_the_seconds() -> None:
    assert GreylistEvidence("spf=a.example", 1, 240).facts() == {"seconds": "240"}


def test_once_it_came_back_the_pool_is_known_for_everyone(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad(), good(SPF, "big.example")))
    clock.now += DELAY
    look(greylist, facts(bad(), good(SPF, "big.example"), client="198.51.100.9"))  # another machine of it
    other = facts(
        bad(),
        good(SPF, "big.example"),
        client="203.0.113.5",
        sender=Mailbox("x@big.example", "big.example"),
        to=Mailbox("else@ours.example", "ours.example"),
    )
    assert [one.result for one in look(greylist, other)] == [Result.CLEAN]
    assert [one.name for one in look(greylist, facts(bad(), good(SPF, "small.example")))] == [FIRST]


def test_a_retry_from_another_machine_of_the_network_counts(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad(), helo="out1.pool.example"))
    clock.now += DELAY
    found = look(greylist, facts(bad(), helo="out2.pool.example", client="192.0.2.250"))
    assert [one.result for one in found] == [Result.CLEAN]


def test_a_retry_from_elsewhere_counts_where_helo_and_reverse_name_agree(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad(), good(REVERSE, "out1.pool.example")))
    clock.now += DELAY
    elsewhere = facts(bad(), good(REVERSE, "out2.pool.example"), client="203.0.113.99")
    assert [one.result for one in look(greylist, elsewhere)] == [Result.CLEAN]


def test_another_message_is_no_retry(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad()))
    clock.now += DELAY
    for other in (
        facts(bad(), sender=Mailbox("other@theirs.example", "theirs.example")),
        facts(bad(), to=Mailbox("other@ours.example", "ours.example")),
        facts(bad(), sender=None),
    ):
        assert [one.name for one in look(greylist, other)] == [FIRST]


def test_the_case_of_addresses_does_not_matter(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad()))
    clock.now += DELAY
    again = facts(bad(), to=Mailbox("uS@ours.example", "ours.example"))
    assert [one.result for one in look(greylist, again)] == [Result.CLEAN]


def test_after_the_window_it_is_a_first_try_again(clock: Clock) -> None:
    greylist = check(Ram(clock), clock)
    look(greylist, facts(bad()))
    clock.now += SETTINGS.retry_window
    assert [one.name for one in look(greylist, facts(bad()))] == [FIRST]


def test_who_is_known_stays_known_while_it_comes_and_is_forgotten_after(clock: Clock) -> None:
    memory = Ram(clock)
    greylist = check(memory, clock)
    look(greylist, facts(bad()))
    clock.now += DELAY
    look(greylist, facts(bad()))
    for _ in range(3):
        clock.now += SETTINGS.known_days * DAY - 1
        assert [one.result for one in look(greylist, facts(bad()))] == [Result.CLEAN]
    clock.now += SETTINGS.known_days * DAY
    assert [one.name for one in look(greylist, facts(bad()))] == [FIRST]


def test_it_is_renewed_once_a_day_at_most(clock: Clock) -> None:
    memory = Ram(clock)
    greylist = check(memory, clock)
    look(greylist, facts(bad()))
    clock.now += DELAY
    look(greylist, facts(bad()))
    before = dict(memory.records)
    clock.now += DAY - 1
    look(greylist, facts(bad()))
    assert memory.records == before
    clock.now += 1
    look(greylist, facts(bad()))
    assert memory.records != before


def test_who_was_seen_lately_costs_no_question(clock: Clock) -> None:
    memory = Ram(clock)
    greylist = check(memory, clock)
    look(greylist, facts(bad()))
    clock.now += DELAY
    look(greylist, facts(bad()))
    memory.warm = True
    asked = memory.asked
    assert [one.result for one in look(greylist, facts(bad()))] == [Result.CLEAN]
    assert memory.asked == asked


# -- who is asked at all ------------------------------------------------------------------------------------

NOT_ASKED = {
    "nothing was found": facts(),
    "only good things": facts(good(SPF, "a.example")),
    "what was found adds nothing": facts(bad(score=0)),
    "a check could not look": facts(bad(result=Result.UNAVAILABLE)),
    "a check was skipped": facts(bad(result=Result.SKIPPED)),
    "a relay client": facts(bad(), relay=True),
    "something speaks for it": facts(bad(), bad("sender-allowed", -100.0)),
}


@pytest.mark.parametrize("case", NOT_ASKED.values(), ids=NOT_ASKED)
def test_without_a_reason_nobody_is_asked_and_nothing_is_looked_up(case: Facts, clock: Clock) -> None:
    memory = Ram(clock)
    assert look(check(memory, clock), case) == ()
    assert memory.asked == 0


def test_what_is_suspicious_and_what_spares_is_for_policy_to_say(clock: Clock) -> None:
    greylist = check(
        Ram(clock),
        clock,
        suspicious=lambda finding: finding.name == "no-reverse",
        spared=lambda finding: finding.name == "network-allowed",
    )
    assert look(greylist, facts(bad())) == ()
    assert [one.name for one in look(greylist, facts(bad("no-reverse", 0)))] == [FIRST]
    assert look(greylist, facts(bad("no-reverse", 0), bad("network-allowed", 0))) == ()


def test_in_mode_all_every_stranger_is_asked_but_whom_something_speaks_for(clock: Clock) -> None:
    greylist = check(Ram(clock), clock, GreylistSettings(mode="all"))
    assert [one.name for one in look(greylist, facts())] == [FIRST]
    assert look(greylist, facts(relay=True)) == ()
    assert look(greylist, facts(bad("sender-allowed", -100.0))) == ()


def test_in_mode_off_nobody_is(clock: Clock) -> None:
    assert look(check(Ram(clock), clock, GreylistSettings(mode="off")), facts(bad())) == ()


def test_whom_our_user_writes_to_does_not_wait(clock: Clock) -> None:
    memory = Ram(clock)
    people = Correspondents(CorrespondentsSettings(), memory, clock, b"key", lambda d: d == "ours.example")
    greylist = check(memory, clock, correspondents=people)
    assert [one.name for one in look(greylist, facts(bad()))] == [FIRST]
    people.went_out((US,), (THEM,))
    assert said(look(greylist, facts(bad()))) == [(Result.SKIPPED, "", "our user writes to this sender")]
    assert [one.name for one in look(greylist, facts(bad(), sender=None))] == [FIRST]


def test_a_memory_that_does_not_answer_is_a_finding(clock: Clock) -> None:
    people = Correspondents(CorrespondentsSettings(), Broken(), clock, b"key", lambda d: True)
    found = look(check(Broken(), clock, correspondents=people), facts(bad()))
    assert said(found) == [(Result.UNAVAILABLE, "", "the memory could not be asked: the disk is gone")]
    assert found[0].what == "greylist-unavailable"


# -- the logic alone ----------------------------------------------------------------------------------------

TIMES = st.floats(0, 4e9, allow_nan=False)


def waiting(first: float = NOW, tries: int = 1, released: bool = False) -> Waiting:
    return Waiting(first + 1000, first, tries, "spf=a.example", "192.0.2.7", "a@a.example", "us@x", released)


@given(TIMES, TIMES, st.integers(1, 3600))
def test_nobody_is_told_to_wait_longer_than_the_delay_and_who_waited_as_told_passes(
    first: float, now: float, delay: int
) -> None:
    left = seconds_left(waiting(first), now, delay)
    assert 0 <= left <= delay
    if now >= first:
        assert state(waiting(first, 2), now + left, delay) == "passed"


@given(TIMES, st.integers(1, 3600), st.floats(0, 7200))
def test_a_second_try_passes_from_the_delay_on_and_not_before(first: float, delay: int, after: float) -> None:
    now = first + after
    assert state(waiting(first, 2), now, delay) == ("passed" if now - first >= delay else "early")


def test_what_was_released_passes_at_any_try() -> None:
    assert state(waiting(tries=1, released=True), NOW, DELAY) == "passed"
    assert state(waiting(tries=9, released=True), NOW - 1e6, DELAY) == "passed"


def test_a_clock_that_is_set_back_is_no_way_around_and_no_trap() -> None:
    assert state(waiting(tries=2), NOW - 5000, DELAY) == "early"
    assert seconds_left(waiting(), NOW - 5000, DELAY) == DELAY


def test_trying_often_neither_shortens_nor_lengthens_the_wait() -> None:
    record = arrived(None, waiting())
    for _ in range(50):
        record = arrived(record, waiting(NOW + 30))
    assert (record.first, record.tries, record.expires) == (NOW, 51, NOW + 1000)


def test_renewing_keeps_since_when_and_why() -> None:
    known = passed(None, NOW, 100, "it came back")
    again = passed(known, NOW + 50, 100, "other")
    assert known == Known(NOW + 100, NOW, NOW, "it came back")
    assert again == Known(NOW + 150, NOW, NOW + 50, "it came back")


def test_the_parts_of_an_envelope_cannot_be_mixed_up() -> None:
    assert waiting_key("p", "a", "bc") != waiting_key("p", "ab", "c")
