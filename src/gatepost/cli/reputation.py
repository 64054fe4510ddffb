"""`gatepost reputation`: what clients and domains did here before, and the score that follows.

Looks into the memory that the workers use, so it works while the gateway runs and when it is down.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import click

from gatepost.checks.connection.memory_settings import ReputationSettings
from gatepost.checks.connection.named import Named
from gatepost.checks.connection.reputation import (
    Standing,
    Told,
    band,
    forget,
    keys_for,
    standings_of,
    told,
    worst,
)
from gatepost.checks.memory import DAY
from gatepost.cli.layout import printable
from gatepost.cli.memory import NamedArgument, ask, data_dir_option, minute, print_json, rfc3339
from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option

_KINDS: Final = {
    "client": "address",
    "net": "network",
    "spf": "domain, vouched for by SPF",
    "dkim": "domain, vouched for by DKIM",
    "dmarc": "author's domain, vouched for by DMARC and DKIM",
}


@click.group()
def reputation() -> None:
    """See what clients and domains did here before, and the score that follows.

    What became of each message is remembered by the address and network it came from, by the domains that SPF and
    DKIM vouch for, and by the author's domain where it signed the message itself. The score goes from 0 (all was
    refused) to 100; a stranger has 50; older messages count less.

    \b
    gatepost reputation list                     who has the worst scores
    gatepost reputation list --kind dkim         which signers have them
    gatepost reputation show 192.0.2.7           one address and its network, day by day
    gatepost reputation forget example.org       begin anew with 50
    """  # noqa: D301 - click's mark for lines that stay as they are


@reputation.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="So many.")
@click.option("--kind", type=click.Choice(list(_KINDS)), default=None, help="Of this kind only.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@config_option
@data_dir_option
def list_(limit: int, kind: str | None, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """List those with the worst scores of whom enough is known to say something."""
    settings = settings_of(config)
    directory, chosen = data_dir or settings.data_dir, settings.checks.reputation
    now = time.time()
    found = ask(directory, lambda memory: worst(memory, chosen, now, limit, kind or ""))
    if as_json:
        print_json([_row(key, standing, now, chosen) for key, standing in found])
        return
    for key, standing in found:
        click.echo(_line(key, told(standing, now, chosen.half_life_days)))
    if not found:
        click.echo("Of nobody enough is known yet.")


@reputation.command("show")
@click.argument("what", type=NamedArgument())
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects, one for each identity.")
@config_option
@data_dir_option
def show(what: Named, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Show the standing of an IP address (with its network), a network, or a domain, day by day.

    Exit status 1 when nothing is known of WHAT.
    """
    settings = settings_of(config)
    directory, chosen = data_dir or settings.data_dir, settings.checks.reputation
    now = time.time()
    found = ask(directory, lambda memory: standings_of(memory, keys_for(what)))
    if as_json:
        print_json([_row(key, standing, now, chosen) for key, standing in found])
        if not found:
            raise SystemExit(1)
        return
    if not found:
        raise Bad(f"nothing is known of {what}: no message came from there lately, or it was forgotten")
    for key, standing in found:
        click.echo(_line(key, told(standing, now, chosen.half_life_days)))
        for day in standing.days:
            causes = "".join(f", {number} {printable(cause)}" for cause, number in sorted(day.causes.items()))
            date = time.strftime("%Y-%m-%d", time.gmtime(day.day * DAY))
            click.echo(f"    {date}  {day.accepted} taken, {day.refused} refused{causes}")
        click.echo(f"    forgotten on {minute(standing.expires)} unless more comes")


@reputation.command("forget")
@click.argument("what", type=NamedArgument())
@click.option("--json", "as_json", is_flag=True, help="Print an array of what was forgotten.")
@config_option
@data_dir_option
def forget_(what: Named, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Forget what WHAT did: it is a stranger again, with 50 of 100. Of an address, its network is forgotten too."""
    directory = data_dir or settings_of(config).data_dir
    gone = ask(directory, lambda memory: forget(memory, keys_for(what)))
    if as_json:
        print_json([_name(key) for key in gone])
        if not gone:
            raise SystemExit(1)
        return
    if not gone:
        raise Bad(f"nothing is known of {what}")
    for key in gone:
        click.echo(f"Forgot {_name(key)} ({_kind(key)}).")


def _row(key: str, standing: Standing, now: float, chosen: ReputationSettings) -> dict[str, object]:
    said = told(standing, now, chosen.half_life_days)
    return {
        "identity": _name(key),
        "kind": key.partition("=")[0],
        "score": said.score,
        "evidence": round(said.evidence, 2),
        "band": band(said, chosen),
        "messages": said.messages,
        "refused": said.refused,
        "causes": dict(said.causes),
        "days": [
            {
                "day": time.strftime("%Y-%m-%d", time.gmtime(day.day * DAY)),
                "accepted": day.accepted,
                "refused": day.refused,
                "causes": day.causes,
            }
            for day in standing.days
        ],
        "expires": rfc3339(standing.expires),
    }


def _line(key: str, said: Told) -> str:
    causes = ", ".join(f"{number} {printable(cause)}" for cause, number in said.causes)
    return (
        f"{said.score:>3}  {_name(key)} ({_kind(key)}): {said.refused} of {said.messages} messages refused in "
        f"{said.days} day{'' if said.days == 1 else 's'}{': ' if causes else ''}{causes}"
    )


def _name(key: str) -> str:
    return printable(key.partition("=")[2])


def _kind(key: str) -> str:
    return _KINDS[key.partition("=")[0]]
