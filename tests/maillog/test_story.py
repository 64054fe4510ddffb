from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event, Result
from gatepost.maillog.reading import Reading
from gatepost.maillog.story import Stories, Story, told
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context, Explanation

POSTFIX = """\
Nov 23 15:05:55 mail postfix/smtpd[101]: 4F1A07: client=desk.example.org[192.0.2.1]
Nov 23 15:05:55 mail postfix/cleanup[102]: 4F1A07: message-id=<one@example.org>
Nov 23 15:05:55 mail postfix/qmgr[103]: 4F1A07: from=<ann@example.org>, size=1700, nrcpt=2 (queue active)
Nov 23 15:05:56 mail postfix/smtp[104]: 4F1A07: to=<ben@example.net>, relay=mx.example.net[192.0.2.25]:25, \
delay=1.1, delays=0.1/0/0.5/0.5, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.25] said: 550 5.1.1 \
<ben@example.net>: User unknown (in reply to RCPT TO command))
Nov 23 15:05:57 mail postfix/smtp[105]: 4F1A07: to=<eve@example.com>, relay=mx.example.com[192.0.2.26]:25, delay=2, \
delays=0.1/0/0.5/1.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AB10)
Nov 23 15:05:57 mail postfix/bounce[106]: 4F1A07: sender non-delivery notification: 5A2B09
Nov 23 15:05:57 mail postfix/qmgr[103]: 4F1A07: removed
"""
FILTERED = """\
Nov 23 15:05:55 mail postfix/smtpd[101]: 4F1A07: client=desk.example.org[192.0.2.1]
Nov 23 15:05:55 mail postfix/qmgr[103]: 4F1A07: from=<ann@example.org>, size=1700, nrcpt=1 (queue active)
Nov 23 15:05:56 mail postfix/smtpd[111]: 6C3D08: client=localhost[127.0.0.1]
Nov 23 15:05:56 mail postfix/qmgr[103]: 6C3D08: from=<ann@example.org>, size=1900, nrcpt=1 (queue active)
Nov 23 15:05:56 mail postfix/smtp[104]: 4F1A07: to=<ben@example.net>, relay=127.0.0.1[127.0.0.1]:10024, delay=1, \
delays=0.1/0/0.5/0.5, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 6C3D08)
Nov 23 15:05:56 mail postfix/qmgr[103]: 4F1A07: removed
Nov 23 15:05:58 mail postfix/smtp[105]: 6C3D08: to=<ben@example.net>, relay=mx.example.net[192.0.2.25]:25, delay=2, \
delays=0.1/0/0.5/1.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 99EF11)
Nov 23 15:05:58 mail postfix/qmgr[103]: 6C3D08: removed
"""
EXIM = """\
2026-11-23 15:05:55 1xYzAb-0001Cd-Ef <= ann@example.org H=desk.example.org [192.0.2.1] S=1700 id=one@example.org
2026-11-23 15:05:56 1xYzAb-0001Cd-Ef == ben@example.net R=dnslookup T=remote_smtp defer (-44) H=mx.example.net \
[192.0.2.25]: SMTP error from remote mail server after RCPT TO:<ben@example.net>: 451 4.7.1 Greylisted
2026-11-23 15:25:56 1xYzAb-0001Cd-Ef => ben@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.25] \
C="250 OK id=77"
2026-11-23 15:25:56 1xYzAb-0001Cd-Ef Completed
"""


def read(log: str, stories: Stories | None = None) -> list[Story]:
    reading, stories = Reading(dt.date(2026, 11, 24)), stories or Stories()
    given = [
        story
        for raw in log.splitlines()
        if (event := reading.read(raw)) is not None
        for story in stories.add(event, raw)
    ]
    return [*given, *stories.end()]


def meaning(event: Event) -> Explanation:
    return explain(event.text, Context(direction=event.direction, stage=event.stage, peer=event.peer))


def line(key: str, n: int = 0, result: Result = "", **fields: str) -> Event:
    return Event(system="s", host="h", key=key, time=f"2026-11-23T15:05:{n:02}", result=result, **fields)  # type: ignore[arg-type]


# --- real lines ---


def test_the_lines_of_a_postfix_message_become_one_story() -> None:
    (story,) = read(POSTFIX)
    assert (story.sender, story.size, story.message_id) == ("ann@example.org", 1700, "<one@example.org>")
    assert story.client == "desk.example.org[192.0.2.1]"
    assert [(each.address, each.fate) for each in story.recipients] == [
        ("ben@example.net", "bounced"),
        ("eve@example.com", "delivered"),
    ]
    assert (story.first, story.last, story.done) == ("2026-11-23T15:05:55", "2026-11-23T15:05:57", True)
    assert len(story.events) == 7


def test_a_message_that_went_through_a_content_filter_is_one_story() -> None:
    (story,) = read(FILTERED)
    assert story.keys == ("4F1A07", "6C3D08")
    assert [(each.address, each.fate, each.tries) for each in story.recipients] == [
        ("ben@example.net", "delivered", 2)
    ]
    assert [event.time for event in story.events] == sorted(event.time for event in story.events)
    assert story.client == "desk.example.org[192.0.2.1]"
    assert story.done


def test_each_attempt_of_an_exim_message_is_kept() -> None:
    (story,) = read(EXIM)
    (recipient,) = story.recipients
    assert [attempt.result for attempt in recipient.attempts] == ["deferred", "delivered"]
    assert (recipient.fate, recipient.tries, story.done) == ("delivered", 2, True)


def test_messages_that_are_mixed_in_the_log_are_told_apart() -> None:
    other = POSTFIX.replace("4F1A07", "8D9E12").replace("ann@", "zoe@")
    mixed = "\n".join(f"{a}\n{b}" for a, b in zip(POSTFIX.splitlines(), other.splitlines(), strict=True))
    assert sorted(story.sender for story in read(mixed)) == ["ann@example.org", "zoe@example.org"]


def test_passing_through_a_filter_is_told_as_no_delivery() -> None:
    (story,) = read(FILTERED)
    assert any("taken in again under the id 6C3D08" in words for words in told(story, meaning))


def test_a_story_is_told_with_times_and_with_what_replies_mean() -> None:
    (story,) = read(EXIM)
    lines = told(story, meaning)
    assert lines[0].startswith("2026-11-23 Message from ann@example.org, 1,700 octets")
    assert lines[1].startswith("15:05:55 taken from client desk.example.org")
    assert "at the recipient's address (RCPT): 451 4.7.1 Greylisted" in lines[2]
    assert "That means: Greylisting" in lines[2]
    assert lines[3].startswith("15:25:56 delivered to ben@example.net by mx.example.net [192.0.2.25]")
    assert lines[-1] == "In the end: delivered to ben@example.net."


# --- joining ---


def test_an_event_of_no_message_is_a_story_of_its_own_if_it_tells_of_a_fate() -> None:
    stories = Stories()
    (story,) = stories.add(line("", result="rejected", text="554 5.7.1 no", peer="c.example[192.0.2.9]"))
    assert (story.keys, story.done) == ((), True)
    assert list(stories.add(line(""))) == []
    assert list(stories.end()) == []


def test_lines_of_a_session_join_the_message_that_comes_of_it() -> None:
    stories = Stories()
    stories.add(line("", 1, link="session", peer="c.example[192.0.2.9]"))
    stories.add(line("m1", 2, "accepted", link="session"))
    stories.add(line("m2", 3, "accepted", link="session"))
    assert [story.keys for story in stories.end()] == [("m1",), ("m2",)]


def test_a_delivery_number_leads_to_its_message() -> None:
    stories = Stories()
    stories.add(line("m1", 1, link="delivery 1", recipient="ben@example.net"))
    stories.add(line("m2", 2, link="delivery 2"))
    stories.add(line("", 3, "bounced", link="delivery 1", recipient="ben@example.net", text="no"))
    by_key = {story.keys: story for story in stories.end()}
    assert by_key[("m1",)].recipients[0].fate == "bounced"
    assert by_key[("m2",)].recipients == ()


def test_a_report_about_a_message_is_another_message() -> None:
    stories = Stories()
    stories.add(line("m1", 1, "bounced", recipient="ben@example.net", text="no"))
    stories.add(line("m2", 2, "accepted", link="m1", sender="<>"))
    assert [story.keys for story in stories.end()] == [("m1",), ("m2",)]


def test_the_same_key_at_another_host_is_another_message() -> None:
    stories = Stories()
    stories.add(line("m1"))
    stories.add(Event(system="s", host="other", key="m1"))
    assert len(list(stories.end())) == 2


# --- bounds ---


def test_the_story_that_waits_longest_is_given_out_when_there_are_too_many() -> None:
    stories = Stories(most=2)
    stories.add(line("m1", 1))
    stories.add(line("m2", 2))
    stories.add(line("m1", 3))
    (pushed,) = stories.add(line("m3", 4))
    assert pushed.keys == ("m2",)
    assert not pushed.done


def test_the_middle_of_a_long_story_is_left_out_and_counted() -> None:
    stories = Stories(events=10)
    for n in range(50):
        stories.add(line("m1", n, "deferred", recipient="ben@example.net", text=f"451 try {n}"))
    (story,) = stories.end()
    assert (len(story.events), story.left_out, story.cut) == (10, 40, 5)
    assert story.recipients[0].tries == 50
    assert [event.text for event in story.events][4:6] == ["451 try 4", "451 try 45"]
    assert "… 40 more lines, left out here" in told(story, meaning)


def test_room_is_bounded_by_what_the_events_hold() -> None:
    stories = Stories(room=100_000)
    given = [s for n in range(30) for s in stories.add(line(f"m{n}", text="x" * 10_000))]
    assert len(given) >= 20
    assert len(given) + len(list(stories.end())) == 30


RESULTS: list[Result] = ["", "accepted", "delivered", "deferred", "bounced"]
NAMES = st.sampled_from(["", "a", "b", "c", "d"])


@given(
    st.lists(st.tuples(NAMES, NAMES, st.sampled_from(RESULTS), st.booleans()), max_size=60),
    st.integers(1, 5),
    st.integers(2, 12),
)
def test_no_event_is_lost_or_told_twice(
    lines: list[tuple[str, str, Result, bool]], most: int, events: int
) -> None:
    stories = Stories(most=most, events=events)
    given: list[Story] = []
    kept = 0
    for n, (key, link, result, ends) in enumerate(lines):
        event = line(key, n % 60, result, link=link, text=f"{n}" if result else "")
        kept += bool(key or link or result)
        given += stories.add(event, "x: removed" if ends else "")
    given += stories.end()
    assert sum(len(story.events) + story.left_out for story in given) == kept
    texts = [event.text for story in given for event in story.events if event.text]
    assert len(texts) == len(set(texts))
    for story in given:
        numbers = [int(event.text) for event in story.events if event.text]
        assert numbers == sorted(numbers)
    assert list(stories.end()) == []


@pytest.mark.parametrize(
    "result", ["accepted", "delivered", "deferred", "bounced", "rejected", "held", "discarded"]
)
@pytest.mark.parametrize("text", ["", "451 4.7.1 Greylisted"])
def test_every_fate_is_told_in_words(result: Result, text: str) -> None:
    stories = Stories()
    stories.add(line("m1", 5, result, recipient="ben@example.net", text=text))
    (story,) = stories.end()
    lines = told(story, meaning)
    assert lines[1].startswith("15:05:05 ")
    assert lines[-1].startswith("In the end: ")
