"""`gatepost lists`: how the lists in DNS are, and what to look at again because one of them was ill.

Reads the journal, so it works while the gateway runs and when it is down, and asks no list: `gatepost check` does.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gatepost.checks.connection.list_codes import remedy
from gatepost.cli.layout import printable
from gatepost.cli.memory import minute, print_json, rfc3339
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option
from gatepost.cli.trace import When
from gatepost.journal.lists import (
    Course,
    Decided,
    Review,
    Tally,
    changes,
    courses,
    reviews,
    states,
    tally,
)
from gatepost.journal.reader import Skipped
from gatepost.journal.records import Reception
from gatepost.journal.words import envelope

if TYPE_CHECKING:
    from gatepost.checks.connection.settings import ListSettings
    from gatepost.checks.content.links_settings import LinkListSettings

    _List = ListSettings | LinkListSettings

_DAY: Final = 86_400


@click.command()
@click.argument("name", metavar="[LIST]", required=False)
@click.option(
    "--since", type=When(), metavar="TIME", help="From then on: 2h, 14:30, a date, RFC 3339. Default: 1d."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array, or one object for a LIST.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where spool and journal live. Default: as the settings say.",
)
@config_option
def lists(
    name: str | None, since: float | None, as_json: bool, data_dir: Path | None, config: Path | None
) -> None:
    """Say how the blocklists and allowlists in DNS are; of one LIST, what to look at again.

    A list that refuses us, lists everybody or does not answer is ill, and is left out until its test points are
    right again. Two kinds of decisions then deserve a second look, and LIST shows them for each such time:

    \b
    what it decided before that was seen    from when its test points were last right: it may be wrong
    what was accepted without it            it might have been refused

    `gatepost trace ID` tells each story. Exit status 1 when a list is ill now.

    \b
    gatepost lists                          all lists, with what they said in the last day
    gatepost lists bl.example.org           one, by its name or zone
    gatepost lists bl.example.org --since 7d
    """  # noqa: D301 - click's mark for lines that stay as they are
    settings = settings_of(config)
    configured: tuple[_List, ...] = (*settings.checks.dnsbl.list, *settings.checks.links.list)
    journal = (data_dir or settings.data_dir) / "journal"
    now = time.time()
    start = now - _DAY if since is None else since
    skipped = Skipped()
    known = states(courses(changes(journal, skipped)))
    if name is None:
        decisions, tallies = tally(journal, start, now, skipped)
        rows = [
            (each, known.get(each.label, []), tallies.get(each.label, Tally()), decisions)
            for each in configured
        ]
        _overview(rows, start, as_json)
        shown = [course for _, found, _, _ in rows for _, course in found]
    else:
        label = _label(name, configured, known)
        found = known.get(label, [])
        shown = [course for _, course in found]
        spells = [spell for course in shown for spell in course.spells if not 0 < spell.ended < start]
        _one(label, found, reviews(journal, spells, now, skipped), start, as_json)
    if skipped.files:
        click.echo(
            f"{skipped.files} files of the journal could not be opened; run this as its user", err=True
        )
    if any(course.state == "ill" for course in shown):
        raise SystemExit(1)


def _label(name: str, configured: tuple[_List, ...], known: dict[str, Any]) -> str:
    """Find the list that is meant, by name or zone. Raises Bad."""
    for each in configured:
        if name.lower() in (each.label.lower(), each.zone):
            return each.label
    if name in known:
        return name  # one that the settings named once
    all_of_them = ", ".join(dict.fromkeys([*(each.label for each in configured), *known])) or "none"
    raise Bad(f"no list is called {name!r} in the settings or the journal; there are: {all_of_them}")


_Row = tuple["_List", list[tuple[int, Course]], Tally, int]


def _overview(rows: list[_Row], start: float, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "list": each.label,
                    "zone": each.zone,
                    "weight": each.weight,
                    "test_points": each.test_points,
                    "health": [_health(version, course) for version, course in found],
                    "since": rfc3339(start),
                    "decisions": decisions,
                    "named": told.named,
                    "silent": told.silent,
                }
                for each, found, told, decisions in rows
            ]
        )
        return
    for each, found, told, decisions in rows:
        click.echo(_heading(each.label, found))
        click.echo(
            f"    since {minute(start)}: lists were asked for {decisions} decisions; this one named somebody for "
            f"{told.named}, was left out or silent for {told.silent}"
        )
        times = sum(not 0 < spell.ended < start for _, course in found for spell in course.spells)
        if times:
            often = "once" if times == 1 else f"{times} times"
            click.echo(
                f'    ill {often} in that time: gatepost lists "{each.label}" shows what to look at again'
            )
    if not rows:
        click.echo("The settings name no list in DNS (checks.dnsbl.list, checks.links.list).")


def _heading(label: str, found: list[tuple[int, Course]]) -> str:
    if not found:
        return f"{printable(label)}: nothing is known, for the gateway has not looked at its test points yet"
    parts = []
    for version, course in found:
        whose = f" for {f'IPv{version}' if version else 'domains'}" if len(found) > 1 else ""
        match course.state:
            case "well":
                state = f"well{whose} since {minute(course.since)}"
            case "ill":
                reason = printable(course.reason)
                since = f"ILL{whose} since {minute(course.since)}, and left out"
                state = f"{since}: {reason}; {remedy(course.reason)}"
            case "unknown":
                state = f"unknown{whose} since {minute(course.since)}: {course.reason}"
        parts.append(state)
    return f"{printable(label)}: {'; '.join(parts)}"


def _one(
    label: str, found: list[tuple[int, Course]], reviewed: list[Review], start: float, as_json: bool
) -> None:
    if as_json:
        print_json(
            {
                "list": label,
                "health": [_health(version, course) for version, course in found],
                "spells": [_spell(review) for review in reviewed],
            }
        )
        return
    click.echo(_heading(label, found))
    for review in reviewed:
        for line in _told(review):
            click.echo(line)
    if not reviewed:
        last = max((spell.ended for _, course in found for spell in course.spells), default=0.0)
        earlier = f"; it was until {minute(last)}, which --since can reach" if last else ""
        click.echo(f"    not ill since {minute(start)}{earlier}")


def _told(review: Review) -> Iterator[str]:
    spell = review.spell
    end = f"to {minute(spell.ended)}" if spell.ended else "and still"
    version = " (IPv6)" if spell.version == 6 else ""
    yield f"  ill from {minute(spell.began)} {end}{version}: {printable(spell.reason)}"
    if spell.proven:
        yield f"    its test points were last right at {minute(spell.proven)}"
    decided = len(review.decided) + review.more_decided
    yield f"    decided by it since then, perhaps wrongly: {decided or 'nothing'}"
    for one in review.decided:
        yield f"      {_clock(one.record.time)}  {_decision(one)}"
    if review.more_decided:
        yield f"      and {review.more_decided} more"
    accepted = len(review.accepted) + review.more_accepted
    yield f"    accepted without it: {accepted or 'nothing'}"
    for reception in review.accepted:
        yield f"      {_clock(reception.time)}  {_accepted(reception)}"
    if review.more_accepted:
        yield f"      and {review.more_accepted} more"


def _clock(moment: float) -> str:
    return time.strftime("%m-%d %H:%M:%S", time.localtime(moment))


def _decision(one: Decided) -> str:
    reply = one.record.reply
    said = f"{reply.code} {reply.entry}" if not reply.positive else "accepted all the same"
    return printable(f"{_id(one)}  {said}: {one.listing.words()}")


def _id(one: Decided) -> str:
    return one.record.message or one.record.session


def _accepted(reception: Reception) -> str:
    subject = f', "{reception.subject}"' if reception.subject else ""
    return printable(f"{reception.message}  {reception.peer}: {envelope(reception)}{subject}")


def _health(version: int, course: Course) -> dict[str, Any]:
    return {
        "version": version,
        "state": course.state,
        "since": rfc3339(course.since),
        "reason": course.reason,
    }


def _spell(review: Review) -> dict[str, Any]:
    spell = review.spell
    return {
        "version": spell.version,
        "began": rfc3339(spell.began),
        "ended": rfc3339(spell.ended) if spell.ended else None,
        "reason": spell.reason,
        "proven": rfc3339(spell.proven) if spell.proven else None,
        "decided": [
            {
                "time": rfc3339(one.record.time),
                "id": _id(one),
                "address": one.listing.address,
                "codes": one.listing.codes,
                "weight": one.listing.weight,
                "action": one.record.disposition.action if one.record.disposition is not None else None,
                "rule": one.record.disposition.rule if one.record.disposition is not None else None,
                "code": one.record.reply.code,
                "entry": one.record.reply.entry,
            }
            for one in review.decided
        ],
        "more_decided": review.more_decided,
        "accepted": [
            {
                "time": rfc3339(reception.time),
                "id": reception.message,
                "peer": reception.peer,
                "reverse_path": reception.reverse_path,
                "recipients": reception.recipients,
                "subject": reception.subject,
            }
            for reception in review.accepted
        ],
        "more_accepted": review.more_accepted,
    }
