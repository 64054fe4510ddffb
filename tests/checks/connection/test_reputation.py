"""A standing follows from what became of messages, fades with time, and says what it was made from."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.connection.identities import DKIM, DMARC, SPF
from gatepost.checks.connection.memory_settings import ReputationSettings
from gatepost.checks.connection.named import Named, read
from gatepost.checks.connection.reputation import (
    BAD,
    HALF_LIVES,
    MAX_CAUSES,
    MAX_DKIM,
    OTHER,
    POOR,
    Day,
    Reputation,
    ReputationCheck,
    SignerReputationCheck,
    Standing,
    Told,
    Verdict,
    band,
    evidence,
    forget,
    identities,
    keys_for,
    learned,
    score,
    standings_of,
    told,
    worst,
)
from gatepost.checks.facts import Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import DAY, Memory, Unavailable
from tests.checks.connection.ram import NOW, Broken, Clock, Ram, good

SETTINGS = ReputationSettings()
HALF_LIFE = SETTINGS.half_life_days
TODAY = int(NOW // DAY)
TAKEN = Verdict(accepted=True)
VIRUS = Verdict(accepted=False, causes=("virus-found", "spf-fail"))
SPF_FAIL = Verdict(accepted=False, causes=("spf-fail",))


def after(*verdicts: Verdict, now: float = NOW, old: Standing | None = None) -> Standing:
    for verdict in verdicts:
        old = learned(old, verdict, now, HALF_LIFE)
    assert old is not None
    return old


# -- score and evidence -------------------------------------------------------------------------------------

VERDICTS = st.lists(st.sampled_from([TAKEN, VIRUS, SPF_FAIL]), min_size=1, max_size=40)
AGES = st.floats(0, 100 * DAY)
DAYS = st.lists(
    st.builds(Day, st.integers(TODAY - 60, TODAY), st.integers(0, 10**6), st.integers(0, 10**6)),
    min_size=1,
    max_size=30,
)
STANDINGS = DAYS.map(lambda days: Standing(NOW * 2, tuple(sorted(days, key=lambda day: day.day))))


@given(STANDINGS, AGES)
def test_a_score_is_from_0_to_100(standing: Standing, age: float) -> None:
    assert 0 < score(standing, NOW + age, HALF_LIFE) < 100


@given(STANDINGS, AGES, AGES)
def test_evidence_only_fades_while_nothing_comes(standing: Standing, age: float, more: float) -> None:
    later = evidence(standing, NOW + age + more, HALF_LIFE)
    assert later <= evidence(standing, NOW + age, HALF_LIFE)


@given(STANDINGS, AGES, AGES)
def test_a_score_goes_back_towards_a_strangers_while_nothing_comes(
    standing: Standing, age: float, more: float
) -> None:
    """Of a single day: of several, the older ones may be what kept it near the middle."""
    one = Standing(standing.expires, standing.days[-1:])
    first = abs(score(one, NOW + age, HALF_LIFE) - 50)
    assert abs(score(one, NOW + age + more, HALF_LIFE) - 50) <= first + 1e-9


@given(STANDINGS, st.integers(0, 30))
def test_after_a_half_life_all_counts_half(standing: Standing, days: int) -> None:
    at = NOW + days * DAY
    near = Standing(standing.expires, tuple(day for day in standing.days if day.day >= TODAY - 2))
    if days + HALF_LIFE + 2 <= HALF_LIVES * HALF_LIFE:
        half = evidence(near, at + HALF_LIFE * DAY, HALF_LIFE)
        assert half == pytest.approx(evidence(near, at, HALF_LIFE) / 2)


@given(VERDICTS)
def test_a_good_message_never_lowers_and_a_bad_one_never_raises_a_score(verdicts: list[Verdict]) -> None:
    standing = after(*verdicts)
    now = score(standing, NOW, HALF_LIFE)
    assert score(after(TAKEN, old=standing), NOW, HALF_LIFE) >= now
    assert score(after(VIRUS, old=standing), NOW, HALF_LIFE) <= now


@given(VERDICTS, st.randoms())
def test_the_order_of_a_days_messages_does_not_matter(verdicts: list[Verdict], random: object) -> None:
    shuffled = list(verdicts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(*shuffled) == after(*verdicts)


@given(st.lists(st.tuples(st.floats(-3 * DAY, 40 * DAY), st.sampled_from([TAKEN, VIRUS])), max_size=60))
def test_a_standing_stays_small_and_in_order_whatever_the_clock_does(
    steps: list[tuple[float, Verdict]],
) -> None:
    standing, now = None, NOW
    for step, verdict in steps:
        now += step
        standing = learned(standing, verdict, now, HALF_LIFE)
        days = [day.day for day in standing.days]
        assert days == sorted(set(days))
        assert len(days) <= HALF_LIVES * HALF_LIFE + 1 + 3 * 60


def test_a_strangers_score_is_50_and_few_messages_move_it_little() -> None:
    assert score(Standing(0, ()), NOW, HALF_LIFE) == 50
    assert round(score(after(VIRUS), NOW, HALF_LIFE)) == 33
    assert round(score(after(*[VIRUS] * 100), NOW, HALF_LIFE)) == 1


def test_what_is_over_is_dropped_and_the_record_ends_with_its_last_day() -> None:
    old = after(*[VIRUS] * 5)
    horizon = HALF_LIVES * HALF_LIFE * DAY
    assert len(after(TAKEN, now=NOW + horizon, old=old).days) == 2
    assert len(after(TAKEN, now=NOW + horizon + DAY, old=old).days) == 1
    assert old.expires == (TODAY + 1) * DAY + horizon
    assert evidence(old, old.expires, HALF_LIFE) == 0


# -- what is learned from -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "counts"),
    [
        (TAKEN, True),
        (VIRUS, True),
        (Verdict(accepted=False), True),
        (Verdict(accepted=False, causes=("reputation-bad",)), False),
        (Verdict(accepted=False, causes=("greylist-first", "reputation-poor")), False),
        (Verdict(accepted=False, causes=("reputation-bad", "virus-found")), True),
    ],
)
def test_a_bad_standing_does_not_feed_on_itself(verdict: Verdict, counts: bool) -> None:
    memory = Ram(Clock())
    Reputation(SETTINGS, memory, Clock()).learn(("client=192.0.2.7",), verdict)
    assert bool(memory.records) is counts


def test_the_first_cause_of_its_own_is_what_is_counted() -> None:
    told_ = told(after(Verdict(accepted=False, causes=("reputation-bad", "virus-found"))), NOW, HALF_LIFE)
    assert told_.causes == (("virus-found", 1),)


def test_causes_are_bounded() -> None:
    standing = after(*(Verdict(accepted=False, causes=(f"cause-{k}",)) for k in range(20)))
    causes = standing.days[0].causes
    assert len(causes) == MAX_CAUSES + 1
    assert causes[OTHER] == 20 - MAX_CAUSES


# -- bands --------------------------------------------------------------------------------------------------


def a_told(score: int, evidence: float = 100.0) -> Told:
    return Told(score, evidence, 100, 50, 20, ())


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100))
def test_the_slider_has_three_bands_that_meet(score: int, one: int, other: int) -> None:
    settings = ReputationSettings(delay_below=max(one, other), reject_below=min(one, other))
    wanted = "reject" if score < min(one, other) else "delay" if score < max(one, other) else "allow"
    assert band(a_told(score), settings) == wanted


@given(st.integers(0, 100), st.floats(0, 9.99))
def test_with_little_evidence_nothing_is_said(score: int, evidence: float) -> None:
    assert band(a_told(score, evidence), SETTINGS) == "allow"


@given(st.integers(0, 99), st.integers(0, 100))
def test_a_worse_score_is_never_in_a_milder_band(score: int, by: int) -> None:
    order = ("reject", "delay", "allow")
    better = min(score + by, 100)
    assert order.index(band(a_told(score), SETTINGS)) <= order.index(band(a_told(better), SETTINGS))


# -- the check ----------------------------------------------------------------------------------------------


def facts(*findings: Finding, client: str = "192.0.2.7", relay: bool = False) -> Facts:
    return Facts(session="s", client=client, role="inbound", relay=relay, findings=findings)


def registered(domain: str) -> str:
    return ".".join(domain.split(".")[-2:])


def look(memory: Memory, clock: Clock, facts: Facts, stage: Stage = Stage.RCPT) -> Sequence[Finding]:
    if stage is Stage.RCPT:
        found = ReputationCheck(SETTINGS, memory, clock).look(stage, facts, None)
    else:
        found = SignerReputationCheck(SETTINGS, memory, clock, registered).look(stage, facts, None)
    if isinstance(found, Awaitable):

        async def wait() -> Sequence[Finding]:
            return await found

        return asyncio.run(wait())
    return found


def words(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.what, "; ".join(e.words() for e in one.evidence)) for one in found]


def learn(memory: Memory, identity: str, *verdicts: Verdict, now: float = NOW) -> None:
    reputation = Reputation(SETTINGS, memory, Clock(now))
    for verdict in verdicts:
        reputation.learn((identity,), verdict)


def test_the_finding_says_what_the_score_was_made_from() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "client=192.0.2.7", VIRUS, VIRUS, VIRUS, now=NOW - 19 * DAY)
    learn(memory, "client=192.0.2.7", *[VIRUS] * 9, *[SPF_FAIL] * 3, TAKEN, TAKEN)
    assert words(look(memory, clock, facts())) == [
        (
            POOR,
            "192.0.2.7 has 18 of 100: 15 of 17 messages in 20 days were refused: 12 virus-found, 3 spf-fail",
        )
    ]


def test_a_standing_that_is_bad_is_in_the_other_band_and_names_no_more_than_who() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "net=192.0.2.0/24", *[VIRUS] * 20)
    (found,) = look(memory, clock, facts())
    assert (found.result, found.name, found.stage) == (Result.FOUND, BAD, Stage.RCPT)
    assert found.evidence[0].facts() == {"identity": "192.0.2.0/24"}


@pytest.mark.parametrize(
    ("standings", "spoken"),
    [
        ({"spf=a.example": TAKEN, "client=192.0.2.7": VIRUS, "net=192.0.2.0/24": VIRUS}, []),
        ({"client=192.0.2.7": TAKEN, "net=192.0.2.0/24": VIRUS}, []),
        ({"net=192.0.2.0/24": VIRUS}, ["192.0.2.0/24"]),
        ({"client=192.0.2.7": VIRUS, "net=192.0.2.0/24": TAKEN}, ["192.0.2.7"]),
        ({"spf=a.example": VIRUS, "client=192.0.2.7": TAKEN}, ["a.example"]),
        ({"spf=b.example": VIRUS}, []),
    ],
)
def test_the_narrowest_name_that_enough_is_known_of_speaks(
    standings: dict[str, Verdict], spoken: list[str]
) -> None:
    clock = Clock()
    memory = Ram(clock)
    for identity, verdict in standings.items():
        learn(memory, identity, *[verdict] * 20)
    found = look(memory, clock, facts(good(SPF, "a.example")))
    assert [one.evidence[0].facts()["identity"] for one in found] == spoken


def test_at_the_contents_end_the_worst_of_the_signers_speaks() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "dkim=a.example", *[TAKEN] * 20)
    learn(memory, "dkim=b.example", *[VIRUS] * 20)
    signed = facts(good(DKIM, "a.example", "b.example", stage=Stage.CONTENT))
    found = look(memory, clock, signed, Stage.CONTENT)
    assert [one.evidence[0].facts()["identity"] for one in found] == ["b.example"]
    assert look(memory, clock, facts(), Stage.CONTENT) == ()


@pytest.mark.parametrize(
    ("standings", "spoken"),
    [
        ({"dmarc=a.example": TAKEN, "dkim=service.test": VIRUS}, []),
        ({"dmarc=a.example": VIRUS, "dkim=service.test": TAKEN}, ["a.example (DMARC)"]),
        ({"dkim=a.example": TAKEN, "dkim=service.test": VIRUS}, ["service.test (DKIM)"]),
    ],
)
def test_an_author_who_signs_is_judged_by_himself_and_not_by_the_service_that_sends_for_him(
    standings: dict[str, Verdict], spoken: list[str]
) -> None:
    clock = Clock()
    memory = Ram(clock)
    for identity, verdict in standings.items():
        learn(memory, identity, *[verdict] * 20)
    signed = facts(
        good(DKIM, "mail.a.example", "service.test", "a.example", stage=Stage.CONTENT),
        good(DMARC, "a.example", stage=Stage.CONTENT),
    )
    found = look(memory, clock, signed, Stage.CONTENT)
    assert [one.evidence[0].words().partition(" has ")[0] for one in found] == spoken


def test_without_a_good_signature_nobody_is_asked_about_at_the_contents_end() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "dmarc=a.example", *[VIRUS] * 20)
    by_spf = facts(good(SPF, "a.example"), good(DMARC, "a.example", stage=Stage.CONTENT))
    assert look(memory, clock, by_spf, Stage.CONTENT) == ()
    assert memory.asked == 0


def test_a_bad_standing_fades_until_the_next_message_is_judged_on_its_own() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "client=192.0.2.7", *[VIRUS] * 30)
    assert [one.name for one in look(memory, clock, facts())] == [BAD]
    clock.now += 2 * HALF_LIFE * DAY
    assert look(memory, clock, facts()) == ()


def test_relay_clients_have_no_reputation() -> None:
    clock = Clock()
    memory = Ram(clock)
    learn(memory, "client=192.0.2.7", *[VIRUS] * 30)
    assert look(memory, clock, facts(relay=True)) == ()
    assert memory.asked == 0


def test_what_was_seen_lately_is_answered_at_once() -> None:
    clock = Clock()
    memory = Ram(clock, warm=True)
    learn(memory, "client=192.0.2.7", *[VIRUS] * 30)
    found = ReputationCheck(SETTINGS, memory, clock).look(Stage.RCPT, facts(), None)
    assert isinstance(found, tuple)
    assert [one.name for one in found] == [BAD]


def test_a_memory_that_does_not_answer_is_a_finding() -> None:
    assert words(look(Broken(), Clock(), facts())) == [
        ("reputation-unavailable", "the memory could not be asked: the disk is gone")
    ]


def test_a_message_counts_for_all_that_is_vouched_for_and_where_it_came_from() -> None:
    spf = good(SPF, "c.example")
    signed = good(DKIM, "a.example", "b.test", "a.example", stage=Stage.CONTENT)
    assert identities("::ffff:192.0.2.7", (spf, signed), registered) == (
        "spf=c.example",
        "client=192.0.2.7",
        "net=192.0.2.0/24",
        "dkim=a.example",
        "dkim=b.test",
    )
    many = good(DKIM, *(f"d{k}.example" for k in range(100)))
    assert len(identities("192.0.2.7", (many,), registered)) == MAX_DKIM + 2


@pytest.mark.parametrize(
    ("signer", "counts"), [("a.example", True), ("mail.a.example", True), ("service.test", False)]
)
def test_an_authors_domain_counts_where_dmarc_passed_and_it_signed_itself(signer: str, counts: bool) -> None:
    findings = (good(DKIM, signer), good(DMARC, "a.example"))
    assert ("dmarc=a.example" in identities("192.0.2.7", findings, registered)) is counts
    assert "dmarc=a.example" not in identities("192.0.2.7", findings[:1], registered)


# -- for people ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "keys"),
    [
        ("192.0.2.7", ("client=192.0.2.7", "net=192.0.2.0/24")),
        ("192.0.2.0/24", ("net=192.0.2.0/24",)),
        ("192.0.2.8/31", ("client=192.0.2.8", "client=192.0.2.9")),
        ("a.example", ("spf=a.example", "dkim=a.example", "dmarc=a.example")),
        ("x@a.example", ("spf=a.example", "dkim=a.example", "dmarc=a.example")),
    ],
)
def test_what_a_person_names_has_these_keys(what: str, keys: tuple[str, ...]) -> None:
    named = read(what)
    assert isinstance(named, Named)
    assert keys_for(named) == keys


def test_the_worst_come_first_and_only_those_enough_is_known_of() -> None:
    memory = Ram(Clock())
    learn(memory, "client=1", *[VIRUS] * 20)
    learn(memory, "client=2", *[VIRUS] * 10, *[TAKEN] * 10)
    learn(memory, "client=3", VIRUS)
    found = asyncio.run(worst(memory, SETTINGS, NOW, 10))
    assert not isinstance(found, Unavailable)
    assert [key for key, _ in found] == ["client=1", "client=2"]
    learn(memory, "dkim=a.example", *[VIRUS] * 20)
    found = asyncio.run(worst(memory, SETTINGS, NOW, 10, "dkim"))
    assert not isinstance(found, Unavailable)
    assert [key for key, _ in found] == ["dkim=a.example"]


def test_what_is_forgotten_is_a_stranger_again() -> None:
    memory = Ram(Clock())
    learn(memory, "client=1", VIRUS)
    assert asyncio.run(forget(memory, ("client=1", "client=2"))) == ("client=1",)
    assert asyncio.run(standings_of(memory, ("client=1",))) == ()
    for asked in (forget(Broken(), ("a",)), worst(Broken(), SETTINGS, NOW, 1)):
        assert asyncio.run(asked) == Unavailable("the disk is gone")  # type: ignore[arg-type]
