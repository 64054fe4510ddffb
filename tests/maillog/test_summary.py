"""A summary counts what events tell, stays bounded, and comes to the same whether made at once or in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog import summary as module
from gatepost.maillog.event import Event, Result
from gatepost.maillog.summary import DomainCount, Summary, fate_of, give_up, label, peer_name
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Direction, Explanation

FULL = "550 5.1.1 <x@example.org>: Recipient address rejected: User unknown"
GREY = "451 4.7.1 Greylisted, try again in 300 seconds"


def refusal(
    text: str = FULL,
    *,
    result: Result = "bounced",
    direction: Direction = "received",
    time: str = "2026-11-23T15:05:55",
    domain: str = "example.org",
    peer: str = "mx.example.org[192.0.2.1]:25",
) -> tuple[Event, Explanation]:
    explanation = explain(text, Context(direction=direction, peer=peer))
    event = Event(
        system="postfix",
        time=time,
        result=result,
        direction=direction,
        text=text,
        code=int(text[:3]) if text[:3].isdecimal() else 0,
        enhanced=text[4:9] if text[:3].isdecimal() else "",
        peer=peer,
        sender=f"a@{domain}",
        recipient=f"x@{domain}",
    )
    return event, explanation


def test_a_refusal_is_counted_by_cause_domain_hour_code_and_peer() -> None:
    summary = Summary()
    summary.add(*refusal())
    [row] = summary.troubles.values()
    assert (row.cause, row.direction, row.side) == ("user_unknown", "received", "sender")
    assert (row.refused, row.delayed, row.count) == (1, 0, 1)
    assert row.codes == {"550 5.1.1": 1}
    assert row.domains == {"example.org": 1}
    assert row.peers == {"mx.example.org[192.0.2.1]": 1}
    assert (row.first, row.last) == ("2026-11-23T15:05:55", "2026-11-23T15:05:55")
    assert summary.domains == {"example.org": DomainCount(refused=1)}
    assert summary.hours == {"2026-11-23T15": DomainCount(refused=1)}
    assert summary.results == {"bounced": 1}


def test_first_and_last_are_by_time_and_not_by_place() -> None:
    summary = Summary()
    for time in ("2026-11-23T12:00:00", "2026-11-23T11:00:00", "2026-11-23T13:00:00", ""):
        summary.add(*refusal(time=time))
    assert (summary.first, summary.last) == ("2026-11-23T11:00:00", "2026-11-23T13:00:00")
    [row] = summary.troubles.values()
    assert (row.first, row.last) == (summary.first, summary.last)


@pytest.mark.parametrize(
    ("result", "text", "fate"),
    [
        ("delivered", "250 2.0.0 Ok", "delivered"),
        ("deferred", "connect to mx.example.org[192.0.2.1]:25: Connection timed out", "delayed"),
        ("bounced", "450 4.2.0 too long in the queue", "refused"),
        ("rejected", "450 4.7.1 not now", "delayed"),
        ("rejected", "550 5.7.1 no", "refused"),
        ("rejected", "SASL LOGIN authentication failed", "refused"),
        ("accepted", "", ""),
        ("held", "placed on hold", ""),
        ("", "450 4.2.0 told by the line that follows", ""),
    ],
)
def test_what_becomes_of_a_message_follows_from_the_result_and_for_a_refusal_from_the_class(
    result: Result, text: str, fate: str
) -> None:
    event, explanation = refusal(text, result=result)
    assert fate_of(event, explanation) == fate


def test_a_reply_that_stands_alone_counts_by_its_class() -> None:
    event = Event(system="plain", text=GREY, code=451, enhanced="4.7.1")
    summary = Summary()
    summary.add(event, explain(GREY))
    assert [row.delayed for row in summary.troubles.values()] == [1]


def test_the_null_reverse_path_has_no_domain() -> None:
    event, explanation = refusal(direction="sent", result="rejected")
    bounce = Event(**{name: getattr(event, name) for name in event.__struct_fields__} | {"sender": "<>"})
    summary = Summary()
    summary.add(bounce, explanation)
    assert summary.domains == {}
    assert [row.domains for row in summary.troubles.values()] == [{}]


def test_examples_are_few_and_of_different_domains_and_their_texts_are_cut() -> None:
    summary = Summary()
    for domain in ("a.example", "a.example", "b.example", "c.example", "d.example"):
        summary.add(*refusal(f"{FULL} {'x' * 5_000}", domain=domain))
    [row] = summary.troubles.values()
    assert [one.event.domain for one in row.examples] == ["a.example", "b.example", "c.example"]
    assert all(len(one.event.text) <= 1_000 for one in row.examples)


def test_what_is_not_read_is_counted_and_a_few_lines_are_shown() -> None:
    summary = Summary()
    for raw in ("", "  ", *(f"line {number}" for number in range(7)), "\x00\x01", "z" * 5_000):
        summary.add_unread(raw)
    assert (summary.lines, summary.foreign, summary.broken) == (11, 8, 1)
    assert summary.unread == [f"line {number}" for number in range(5)]


def test_the_rarest_names_are_given_up_and_counted() -> None:
    counts = {f"d{number}": 1 for number in range(module.NAMES * 2)} | {"often": 9}
    assert give_up(counts) == module.NAMES + 1
    assert len(counts) == module.NAMES
    assert counts["often"] == 9


def test_domains_and_names_stay_bounded_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DOMAINS", 10)
    monkeypatch.setattr(module, "NAMES", 5)
    monkeypatch.setattr(module, "HOURS", 3)
    summary = Summary()
    for number in range(100):
        hour = f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00"
        summary.add(*refusal(domain=f"d{number}.example", time=hour))
    assert len(summary.domains) <= 20
    assert len(summary.hours) == 3
    [row] = summary.troubles.values()
    assert len(row.domains) <= 10
    assert row.given_up > 0
    assert summary.given_up >= 97 + 80 - 10
    assert row.refused == 100


EVENTS = st.lists(
    st.builds(
        refusal,
        st.sampled_from([FULL, GREY, "250 2.0.0 Ok", "554 5.7.1 Relay access denied"]),
        result=st.sampled_from(["delivered", "deferred", "bounced", "rejected", "accepted", "held"]),
        direction=st.sampled_from(["sent", "received"]),
        time=st.sampled_from(["", "2026-11-23T15:05:55", "2026-11-23T16:00:00", "2026-12-01T00:00:00"]),
        domain=st.sampled_from(["a.example", "b.example", "c.example", "d.example"]),
    ),
    max_size=20,
)


@given(EVENTS, st.integers(0, 20))
def test_the_parts_of_a_log_add_up_to_the_whole(events: list[tuple[Event, Explanation]], at: int) -> None:
    whole, first, second = Summary(), Summary(), Summary()
    for number, (event, explanation) in enumerate(events):
        for summary in (whole, first if number < at else second):
            summary.add_line(event.system)
            summary.add_unread(f"line {number}")
            summary.add(event, explanation)
    first.merge(second)
    assert first == whole


def test_a_code_is_written_with_what_there_is_of_it() -> None:
    event, explanation = refusal()
    assert label(event, explanation) == "550 5.1.1"
    text = "connect to mx.example.org[192.0.2.1]:25: Connection timed out"
    event, explanation = refusal(text, result="deferred")
    assert label(event, explanation) == ""


@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("mx.example.org[192.0.2.1]:25", "mx.example.org[192.0.2.1]"),
        ("unknown[2001:db8::1]", "unknown[2001:db8::1]"),
        ("mx.example.org", "mx.example.org"),
        ("", ""),
    ],
)
def test_a_peer_is_named_without_its_port(peer: str, name: str) -> None:
    assert peer_name(peer) == name
