"""`gatepost greylist`: who was asked to come again, who is known, and letting someone pass at once.

Looks into the memory that the workers use, so it works while the gateway runs and when it is down.
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from gatepost.checks.connection.greylist import Known, Waiting, seconds_left
from gatepost.checks.connection.memory_settings import GreylistSettings
from gatepost.checks.connection.named import Named
from gatepost.checks.connection.release import matches, release, who_is_known, who_waits
from gatepost.checks.memory import DAY
from gatepost.cli.layout import printable
from gatepost.cli.memory import NamedArgument, ask, data_dir_option, minute, print_json, rfc3339
from gatepost.cli.options import config as config_option
from gatepost.cli.options import settings_of


@click.group()
def greylist() -> None:
    """See who was asked to come again, and let someone pass at once.

    A stranger in whose session something looked suspicious is told 451 and a number of seconds. When the same message
    comes again after that, from any machine of the same provider, the provider is known and none of it waits again.

    \b
    gatepost greylist list                       who waits, and for how long
    gatepost greylist list --known               who need not wait, and why
    gatepost greylist release example.org        let it pass at its next try
    """  # noqa: D301 - click's mark for lines that stay as they are


@greylist.command("list")
@click.argument("what", type=NamedArgument(), required=False)
@click.option("--known", is_flag=True, help="List who need not wait instead.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@config_option
@data_dir_option
def list_(what: Named | None, known: bool, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """List what waits: since when, sender and recipient, client, and when it may pass.

    WHAT narrows the list: an IP address, a network, a domain, or the address of a sender or recipient.
    """
    settings = settings_of(config)
    directory, chosen = data_dir or settings.data_dir, settings.checks.greylist
    now = time.time()
    if known:
        pools = [
            (key, record) for key, record in ask(directory, who_is_known) if what is None or str(what) in key
        ]
        rows = [_known(key, record) for key, record in pools]
        lines = [_known_line(key, record) for key, record in pools]
    else:
        waiting = [record for record in ask(directory, who_waits) if what is None or matches(record, what)]
        rows = [_waiting(record, now, chosen) for record in waiting]
        lines = [_waiting_line(record, now, chosen) for record in waiting]
    if as_json:
        print_json(rows)
    else:
        click.echo("\n".join(lines) or ("Nobody is known." if known else "Nothing waits."))


@greylist.command("release")
@click.argument("what", type=NamedArgument())
@click.option("--json", "as_json", is_flag=True, help="Print an object: what waited, and who is known now.")
@config_option
@data_dir_option
def release_(what: Named, as_json: bool, config: Path | None, data_dir: Path | None) -> None:
    """Let someone pass: what waits now passes at its next try, and what comes later need not wait.

    WHAT is the IP address of a client, a network (up to a /16, or an IPv6 /56), the domain or address of a sender, or
    the address of a recipient (then only what waits for it now is released). Exit status 1 when nothing was released.
    """
    settings = settings_of(config)
    directory, chosen = data_dir or settings.data_dir, settings.checks.greylist
    now = time.time()
    done = ask(directory, lambda memory: release(memory, what, now, chosen.known_days * DAY))
    if as_json:
        print_json(
            {"waiting": [_waiting(record, now, chosen) for record in done.waiting], "known": list(done.known)}
        )
    else:
        for record in done.waiting:
            click.echo(_waiting_line(record, now, chosen))
        number = "1 message passes" if len(done.waiting) == 1 else f"{len(done.waiting)} messages pass"
        click.echo(f"{number} at the next try; when that is, the sending server decides.")
        if done.known:
            click.echo(
                f"From now on {what} need not wait, for {chosen.known_days} days from the last message."
            )
    if not done.waiting and not done.known:
        raise SystemExit(1)


def _waiting(record: Waiting, now: float, chosen: GreylistSettings) -> dict[str, object]:
    return {
        "client": record.client,
        "sender": record.sender,
        "recipient": record.recipient,
        "pool": record.pool,
        "first": rfc3339(record.first),
        "tries": record.tries,
        "seconds": _seconds(record, now, chosen),
        "released": record.released,
        "expires": rfc3339(record.expires),
    }


def _waiting_line(record: Waiting, now: float, chosen: GreylistSettings) -> str:
    seconds = _seconds(record, now, chosen)
    tries = "1 try" if record.tries == 1 else f"{record.tries} tries"
    state = f"may pass in {seconds} s" if seconds else "passes at its next try"
    envelope = printable(f"<{record.sender}> to <{record.recipient}>")
    return f"{minute(record.first)}  {record.client:<15}  {envelope}: {tries}, {state} ({printable(record.pool)})"


def _seconds(record: Waiting, now: float, chosen: GreylistSettings) -> int:
    return 0 if record.released else seconds_left(record, now, chosen.delay)


def _known(key: str, record: Known) -> dict[str, object]:
    return {
        "who": key,
        "why": record.why,
        "since": rfc3339(record.since),
        "renewed": rfc3339(record.renewed),
        "expires": rfc3339(record.expires),
    }


def _known_line(key: str, record: Known) -> str:
    return f"{minute(record.since)}  {printable(key)}: {record.why}, until {minute(record.expires)}"
