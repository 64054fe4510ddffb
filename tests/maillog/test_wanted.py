"""What is asked for is told from what is not, by time, domain, cause and side."""

from __future__ import annotations

import datetime as dt

import pytest

from gatepost.maillog.event import Event
from gatepost.maillog.wanted import Wanted, moment
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context

NOW = dt.datetime(2026, 11, 23, 15, 30, 0, tzinfo=dt.timezone(dt.timedelta(hours=1)))
EVENT = Event(
    system="postfix",
    time="2026-11-23T15:05:55.123+01:00",
    result="bounced",
    sender="news@lists.example.net",
    recipient="x@mail.Example.ORG",
)
UNKNOWN = explain("550 5.1.1 User unknown", Context(direction="received"))


def test_all_is_wanted_where_nothing_is_asked_for() -> None:
    assert Wanted().everything
    assert Wanted().admits(EVENT, None)
    assert Wanted().admits(Event(system="plain"), None)


@pytest.mark.parametrize(
    ("wanted", "admitted"),
    [
        (Wanted(since="2026-11-23T15:05:55"), True),
        (Wanted(since="2026-11-23T15:05:56"), False),
        (Wanted(until="2026-11-23T15:05:55"), False),
        (Wanted(until="2026-11-23T15:05:56"), True),
        (Wanted(domains=frozenset({"example.org"})), True),
        (Wanted(domains=frozenset({"mail.example.org"})), True),
        (Wanted(domains=frozenset({"net"})), True),
        (Wanted(domains=frozenset({"ample.org"})), False),
        (Wanted(causes=frozenset({"user_unknown"})), True),
        (Wanted(causes=frozenset({"greylisting"})), False),
        (Wanted(sides=frozenset({UNKNOWN.side})), True),
        (Wanted(sides=frozenset({"gateway"})), False),
        (Wanted(causes=frozenset({"user_unknown"}), since="2027-01-01T00:00:00"), False),
    ],
)
def test_each_bound_lets_through_what_is_within(wanted: Wanted, admitted: bool) -> None:
    assert wanted.admits(EVENT, UNKNOWN) is admitted
    assert not wanted.everything


def test_what_has_no_time_or_no_cause_is_not_within_a_bound_of_these() -> None:
    assert not Wanted(since="2026-11-23T00:00:00").admits(Event(system="plain"), None)
    assert not Wanted(causes=frozenset({"user_unknown"})).admits(EVENT, None)
    assert not Wanted(domains=frozenset({"example.org"})).admits(Event(system="plain"), None)


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2h", False, "2026-11-23T13:30:00"),
        ("90 min", False, "2026-11-23T14:00:00"),
        ("3d", False, "2026-11-20T15:30:00"),
        ("14:30", False, "2026-11-23T14:30:00"),
        ("15:45", False, "2026-11-22T15:45:00"),
        ("15:45", True, "2026-11-23T15:45:00"),
        ("now", False, "2026-11-23T15:30:00"),
        ("today", False, "2026-11-23T00:00:00"),
        ("yesterday", False, "2026-11-22T00:00:00"),
        ("yesterday", True, "2026-11-23T00:00:00"),
        ("2026-11-20", False, "2026-11-20T00:00:00"),
        ("2026-11-20", True, "2026-11-21T00:00:00"),
        ("2026-11-20 15:00", False, "2026-11-20T15:00:00"),
        ("2026-11-20T15:00:00Z", False, "2026-11-20T16:00:00"),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, end: bool, expected: str) -> None:
    assert moment(text, NOW, end=end) == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "2026-02-30", "12345678901234d", "h"])
def test_what_is_no_moment_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text, NOW)
