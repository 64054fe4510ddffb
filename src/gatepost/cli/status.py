"""`gatepost status`: how the gateway is right now, on one screen: what runs, what waits, what is out of order.

Reads the process file, the spool and the last while of the journal, so it works beside the gateway and without one.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import Struct

from gatepost.cli.layout import paragraph, printable
from gatepost.cli.options import config as config_option
from gatepost.cli.options import settings_of
from gatepost.cli.trace import When
from gatepost.gateway.dmarc import sent
from gatepost.gateway.dmarc.outgoing import Shut, door_of
from gatepost.journal.lately import Lately, lately
from gatepost.journal.lists import changes, courses, states
from gatepost.journal.reader import Skipped
from gatepost.journal.words import octets, reach, rfc3339
from gatepost.web.stock import Stock, Totals

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings

_SINCE = 3600.0


@click.command()
@click.option(
    "--since", type=When(), metavar="TIME", help="Count from then on: 15m, 2h, 14:30, RFC 3339. Default: 1h."
)
@click.option("--json", "as_json", is_flag=True, help="Print one object.")
@config_option
def status(since: float | None, as_json: bool, config: Path | None) -> None:
    """Say how the gateway is: what runs, what waits, and what is out of order.

    Exit status: 0 when all is well; 1 when no gateway runs, or a check cannot look, or a list is ill, or the disk is
    nearly full.
    """
    from gatepost.gateway.supervisor import running_pid

    settings = settings_of(config)
    now = time.time()
    began = since if since is not None else now - _SINCE
    pid = running_pid(settings.data_dir)
    counts = lately(settings.journal_dir, began, Skipped())
    totals = Stock(settings.spool_dir).totals()
    reports = _reports(settings)
    wrong = _wrong(settings, pid, counts, totals, now)
    if as_json:
        plain = {
            "running": bool(pid),
            "pid": pid,
            "since": rfc3339(began),
            "waiting": totals.waiting,
            "held": totals.held,
            "counts": {
                name: getattr(counts, name)
                for name in (
                    "taken", "held", "refused", "put_off", "recipients_refused", "delivered", "deferred", "failed"
                )
            },
            "outages": {
                check: {"times": outage.times, "last": rfc3339(outage.last), "reason": outage.reason}
                for check, outage in counts.outages.items()
            },
            "dmarc_reports": reports,
            "wrong": wrong,
        }  # fmt: skip
        click.echo(msgspec.json.format(msgspec.json.encode(plain), indent=2))
    else:
        click.echo("\n".join(_told(settings, pid, counts, totals, reports, wrong, now - began)))
    if wrong:
        raise SystemExit(1)


def _wrong(settings: Settings, pid: int, counts: Lately, totals: Totals, now: float) -> list[str]:
    """Say in a sentence each what is out of order, and what to do."""
    wrong: list[str] = []
    if not pid:
        wrong.append(f'no gateway runs on {settings.data_dir}; start one with "gatepost run"')
    for check, outage in counts.lasting().items():
        wrong.append(
            f"the {check} check cannot look, {outage.times} times, last {reach(now - outage.last)} ago: "
            f"{outage.reason}"
        )
    for name, found in states(courses(changes(settings.journal_dir, Skipped()))).items():
        ill = [course for _, course in found if course.state == "ill"]
        if ill and any(each.label == name for each in settings.checks.dnsbl.list):
            wrong.append(f"the list {name} is ill and left out: {ill[0].reason} (gatepost lists {name})")
    if totals.next_hop_missing:
        wrong.append("mail is held because no next hop is named; name one in the settings and reload")
    if totals.unreadable:
        wrong.append(
            f"{totals.unreadable} parts of the spool cannot be read; look at the rights of {settings.spool_dir}"
        )
    if settings.dmarc.reports_from and isinstance(door := door_of(settings), Shut):
        wrong.append(door.why)
    free = _free(settings.data_dir)
    if free is not None and free < 2 * settings.spool.min_free:
        wrong.append(
            f"only {octets(free)} are free where the spool is; "
            f"below {octets(settings.spool.min_free)} no mail is taken"
        )
    return [printable(each) for each in wrong]


class Reports(Struct, frozen=True, kw_only=True):
    """The DMARC reports of a day: when the last of them went (RFC 3339), how many did and did not."""

    day: str
    finished: str
    sent: int
    unsent: int


def _reports(settings: Settings) -> Reports | None:
    last = sent.last_finished(settings.dmarc_dir / "sent")
    if last is None:
        return None
    return Reports(
        day=rfc3339(last[0])[:10], finished=rfc3339(last[1].time), sent=last[1].sent, unsent=last[1].unsent
    )


def _free(directory: Path) -> int | None:
    try:
        return shutil.disk_usage(directory).free
    except OSError:  # not made yet
        return None


def _told(
    settings: Settings,
    pid: int,
    counts: Lately,
    totals: Totals,
    reports: Reports | None,
    wrong: list[str],
    span: float,
) -> list[str]:
    running = f"runs (process {pid})" if pid else "does not run"
    state = click.style(running, fg="green" if pid else "red", bold=True)
    took = f"{counts.taken:,} messages taken, {counts.refused:,} refused, {counts.put_off:,} put off"
    refused = (
        f", {counts.recipients_refused:,} recipients refused before" if counts.recipients_refused else ""
    )
    sent = (
        f"{counts.delivered:,} recipients delivered, {counts.deferred:,} deferred, {counts.failed:,} given up"
    )
    lines = [
        f"Gatepost {state} on {settings.data_dir}.",
        "",
        paragraph(f"Last {reach(span)}"[:11], f"{took}{refused}"),
        paragraph("", sent),
        paragraph("Queue", f"{totals.waiting:,} wait, {totals.held:,} are held (gatepost quarantine list)"),
    ]
    if reports is not None:
        unsent = f", {reports.unsent:,} could not go to anyone" if reports.unsent else ""
        told = f"{reports.sent:,} DMARC reports of {reports.day} sent{unsent}; done {reports.finished}"
        lines.append(paragraph("Reports", told))
    elif settings.dmarc.reports_from:
        lines.append(paragraph("Reports", "no DMARC reports were sent yet"))
    if wrong:
        lines += ["", click.style("Out of order", fg="red", underline=True)]
        lines += [paragraph("!", each) for each in wrong]
    else:
        lines += ["", click.style("All is well.", fg="green")]
    return lines
