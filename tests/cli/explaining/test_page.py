from __future__ import annotations

import re
from html.parser import HTMLParser

from gatepost.cli.explaining.page import page
from gatepost.maillog.event import Event
from gatepost.maillog.summary import DomainCount, Example, Summary, Trouble
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context

HOSTILE = '554 5.7.1 <script>alert("x")</script> \x1b[31m& blocked using bl.example'
VOID = {"meta", "rect", "br"}


class Outline(HTMLParser):
    """Collects elements, attributes that would fetch, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: dict[str, int] = {}
        self.fetched: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] = self.seen.get(tag, 0) + 1

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(text: str) -> Outline:
    parsed = Outline()
    parsed.feed(text)
    parsed.close()
    assert parsed.open == []
    return parsed


def summary(text: str = HOSTILE, days: int = 1) -> Summary:
    told = explain(text, Context(direction="received"))
    event = Event(
        system="postfix",
        time="2026-11-23T15:05:55",
        result="bounced",
        direction="received",
        text=text,
        recipient="b@example.net",
        peer="mx.example.net[192.0.2.1]",
    )
    trouble = Trouble(
        cause=told.cause,
        direction=told.direction,
        side=told.side,
        confidence=told.confidence,
        retry=told.retry,
        persistence=told.persistence,
        meaning=told.meaning,
        action=told.action,
        delayed=10,
        refused=1234,
        first=event.time,
        last=event.time,
        codes={"554 5.7.1": 1234},
        domains={"example.net": 1244},
        peers={event.peer: 1244},
        examples=[Example(event, told)],
    )
    return Summary(
        lines=9000,
        systems={"postfix": 9000},
        first="2026-11-01T00:00:00",
        last="2026-11-23T15:05:55",
        troubles={(told.cause, told.direction, told.side): trouble},
        domains={"example.net": DomainCount(5, 10, 1234)},
        hours={
            f"2026-{1 + day // 28:02}-{1 + day % 28:02}T{hour:02}": DomainCount(5, 1, 2)
            for day in range(days)
            for hour in range(24)
        },
    )


def test_the_page_fetches_nothing_and_runs_nothing() -> None:
    text = page(summary(), "Log of the gateway", "today")
    seen = outline(text)
    assert seen.fetched == []
    assert "script" not in seen.seen
    assert "url(" not in text
    assert "@import" not in text


def test_words_of_the_log_are_shown_and_not_obeyed() -> None:
    seen = outline(page(summary(), "<b>title</b>", "today"))
    assert '<script>alert("x")</script>' in seen.text
    assert "\x1b" not in seen.text
    assert "b" in seen.seen  # our own
    assert "<b>title</b>" in seen.text


def test_the_answer_stands_before_the_details() -> None:
    seen = outline(page(summary(), "Log", "today"))
    words = re.sub(r"\s+", " ", seen.text)
    assert words.index("1,244 IP address on a blocklist") < words.index("What to do:")
    assert "Whose move: you, who run this system" in words


def test_a_bar_stands_for_an_hour_or_for_as_much_time_as_keeps_the_bars_few() -> None:
    assert "By hour" in page(summary(days=5), "Log", "today")
    assert "By day" in page(summary(days=6), "Log", "today")
    assert "By month" in page(summary(days=130), "Log", "today")


def test_bars_fill_the_chart_and_no_more() -> None:
    text = page(summary(days=3), "Log", "today")
    boxes = [
        (float(y), float(height))
        for y, height in re.findall(r' y="([\d.e-]+)" width="[\d.]+" height="([\d.]+)"', text)
    ]
    assert len(boxes) == 3 * 24 * 3
    assert min(y for y, _ in boxes) >= -0.1
    assert max(y + height for y, height in boxes) <= 160.1


def test_an_empty_log_gives_a_page_that_says_so() -> None:
    seen = outline(page(Summary(), "Log", "today"))
    assert "Nothing was refused or delayed" in seen.text


def test_what_was_not_read_is_shown() -> None:
    found = summary()
    found.foreign, found.unread = 3, ["<<< what is this"]
    seen = outline(page(found, "Log", "today"))
    assert "3 lines of no known mail system" in seen.text
    assert "<<< what is this" in seen.text
