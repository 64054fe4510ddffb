from __future__ import annotations

from textwrap import wrap

import click
import pytest

from gatepost.cli.explaining.board import board, columns, room
from gatepost.cli.explaining.words import action, first
from gatepost.maillog.summary import DomainCount, Summary, Trouble
from gatepost.reply.explanation import Direction, Side


def trouble(
    cause: str, refused: int = 0, delayed: int = 0, side: Side = "sender", direction: Direction = "sent"
) -> Trouble:
    return Trouble(
        cause=cause,
        direction=direction,
        side=side,
        confidence="certain",
        retry="no",
        persistence="permanent",
        meaning="",
        action="",
        refused=refused,
        delayed=delayed,
    )


def summary(*troubles: Trouble) -> Summary:
    return Summary(
        lines=48_211,
        systems={"postfix": 48_000, "rspamd": 200},
        results={"delivered": 41_200, "rejected": 1_184, "deferred": 312, "held": 3},
        first="2026-11-23T00:00:03",
        last="2026-11-23T14:59:58.123",
        troubles={(each.cause, each.direction, each.side): each for each in troubles},
        domains={"example.net": DomainCount(5, 1, 400), "example.org": DomainCount(9, 0, 0)},
    )


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


def shown(found: Summary, limit: int | None = None) -> list[str]:
    return click.unstyle("\n".join(board(found, "mail.log", limit))).splitlines()


def test_the_answer_stands_first() -> None:
    found = summary(
        trouble("user_unknown", 1_010, 2, "sender", "sent"),
        trouble("tls", 0, 310, "gateway", "local"),
    )
    found.foreign, found.unread = 11, ["Nov 23 00:00:04 gw \x1b]0;cron\x07 hello"]
    assert shown(found) == [
        "mail.log  Postfix, Rspamd, 48,211 lines, 2026-11-23 00:00:03 to 14:59:58",
        "",
        "  41,200 delivered   312 delayed   1,010 refused   3 held",
        "",
        " Refused Delayed  Why                                   Said by  Whose move",
        "   1,010       2  No such recipient                     us       sending side",
        *(" " * 18 + line for line in wrap(first(action("user_unknown", "sent"), 112), 62)),
        "       -     310  TLS wanted or failed                  itself   you",
        *(" " * 18 + line for line in wrap(first(action("tls", "local"), 112), 62)),
        "",
        "  Worst domains  example.net 401",
        "  Not read       11 lines of no known mail system: Nov 23 00:00:04 gw ?]0;cron?…",
        "  More           add --details, or --cause user_unknown, or --html report.html",
    ]


def test_a_log_in_which_all_went_well_says_so() -> None:
    assert shown(summary()) == [
        "mail.log  Postfix, Rspamd, 48,211 lines, 2026-11-23 00:00:03 to 14:59:58",
        "",
        "  41,200 delivered   3 held   nothing was refused or delayed",
    ]


CAUSES = ("auth_fail", "spam", "greylist", "rate_limit", "mailbox_full", "network", "loop", "virus", "no_ptr")


def test_many_causes_fit_the_screen_and_the_others_are_counted() -> None:
    found = summary(*(trouble(cause, 10 - number) for number, cause in enumerate(CAUSES)))
    found.systems = {"postfix": 1, "exim": 1, "sendmail": 1, "opensmtpd": 1, "qmail": 1}
    found.foreign = 1
    lines = shown(found)
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert lines[:2] == [
        "mail.log  Postfix, Exim, Sendmail, OpenSMTPD and 1 more",
        "48,211 lines, 2026-11-23 00:00:03 to 14:59:58",
    ]
    assert "               9  in 3 more rows: --limit 9 shows all" in lines


def test_what_is_yours_to_mend_is_shown_however_rare() -> None:
    found = summary(*(trouble(cause, 10) for cause in CAUSES), trouble("tls", 1, side="gateway"))
    lines = shown(found, limit=3)
    assert [line.split("  ")[-1].strip() for line in lines if line[:8].strip().isdecimal()][:3] == [
        "sending side",
        "sending side",
        "you",
    ]


def test_the_limit_is_what_is_asked_for() -> None:
    found = summary(*(trouble(cause, 10) for cause in CAUSES))
    assert sum("sending side" in line for line in shown(found, limit=9)) == 9


def test_the_screen_gives_the_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (columns(), room()) == (80, 6)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("LINES", "2")
    assert (columns(), room()) == (140, 3)


def test_colours_are_on_the_numbers_and_nowhere_in_strangers_words() -> None:
    found = summary(trouble("user_unknown", 1))
    found.foreign, found.unread = 1, ["\x1b[31mred"]
    told = "\n".join(board(found, "mail\x1b[31m.log"))
    assert "\x1b[31mred" not in told
    assert "mail?[31m.log" in told
    assert click.style("1 refused", fg="red", bold=True) in told
