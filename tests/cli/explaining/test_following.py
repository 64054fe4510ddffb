from __future__ import annotations

import click
import pytest

from gatepost.cli.explaining.following import line
from gatepost.cli.explaining.rows import row_of
from gatepost.cli.explaining.words import action, first
from gatepost.maillog.event import Event


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def test_what_went_wrong_is_told_with_whose_move_it_is() -> None:
    event = Event(
        system="postfix",
        time="2026-11-23T15:05:55",
        result="bounced",
        direction="received",
        text="550 5.1.1 <b@example.net>: User unknown",
        code=550,
        enhanced="5.1.1",
        recipient="b@example.net",
    )
    assert click.unstyle(line(row_of("", event))) == (
        "15:05:55 bounced     b@example.net                  "
        + first(f"No such recipient · sending side · {action('user_unknown', 'received')}", 68)
    )


def test_what_went_well_is_told_briefly() -> None:
    event = Event(
        system="exim", time="2026-11-23T15:05:55", result="delivered", recipient="b\x1b@example.net"
    )
    assert click.unstyle(line(row_of("", event))).rstrip() == "15:05:55 delivered   b?@example.net"


def test_a_plain_reply_is_told_by_its_code() -> None:
    told = click.unstyle(
        line(row_of("421 4.7.0 try later", Event(system="plain", text="421 4.7.0 try later")))
    )
    assert told.split()[0] == "421"
