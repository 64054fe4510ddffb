"""`gatepost dmarc`: tell the owners of domains what came in their name, and read what others tell us of ours."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
import msgspec

from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option

if TYPE_CHECKING:
    from gatepost.gateway.dmarc.outgoing import Outcome
    from gatepost.gateway.settings import Settings
    from gatepost.journal.aggregate import Asked
    from gatepost.mailauth.dmarc.failure import FailureReport
    from gatepost.mailauth.dmarc.report import Report

_MOST: Final = 64 << 20  # octets of one file that are read


@click.group()
def dmarc() -> None:
    """Make and read the reports by which domains learn who sends in their name (DMARC, RFC 9990).

    \b
    gatepost dmarc received           what others saw of our domains, of the last 30 days
    gatepost dmarc read FILE...       the same, from files
    gatepost dmarc report             what we saw of others, yesterday
    gatepost dmarc report --send      the same, sent to those who asked for it

    With dmarc.reports_from in the settings the gateway sends them by itself, every day. What was sent is not sent
    again, whoever sent it.
    """  # noqa: D301 - click wants the character itself


@dmarc.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array of reports.")
def read(files: tuple[Path, ...], as_json: bool) -> None:
    """Show reports about our domains: XML, .gz, .zip, or the mail that carries one; "-" is standard input.

    Failure reports about single messages (RFC 9991) are explained, too.
    """
    from gatepost.mailauth.dmarc.attached import read_file
    from gatepost.mailauth.dmarc.report import Report
    from gatepost.mailauth.dmarc.report_xml import Unreadable

    found: list[Report | FailureReport] = []
    unreadable = 0
    for path in files:
        for report in read_file(_octets(path)):
            if isinstance(report, Unreadable):
                unreadable += 1
                click.echo(f"{path}: {report.why}", err=True)
            else:
                found.append(report)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
    else:
        stories = (_told(one) if isinstance(one, Report) else _explained(one) for one in found)
        click.echo("\n\n".join("\n".join(story) for story in stories))
    if unreadable:
        raise SystemExit(1)


@dmarc.command()
@click.option("--day", metavar="DATE", help="The day (UTC), such as 2026-11-27. Default: yesterday.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Write the reports there, packed."
)
@click.option("--send", is_flag=True, help="Send each to those who asked for it, through this gateway.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: an array of reports.")
@config_option
def report(day: str | None, folder: Path | None, send: bool, as_json: bool, config: Path | None) -> None:
    """Make the reports of a day from the journal; without --folder or --send only show them."""
    from gatepost.gateway.dmarc.outgoing import reports_of, sender_of

    settings = settings_of(config)
    begin = _day(day)
    asked = reports_of(settings, begin)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([one.report for one in asked]), indent=2))
    elif not asked:
        click.echo("No domain with mail on that day asks for reports.")
    else:
        click.echo("\n\n".join("\n".join(_told(one.report)) for one in asked))
    if folder is not None:
        for one in asked:
            _write(folder, one.report, sender_of(settings).domain)
    if send:
        _send(settings, begin, asked)


@dmarc.command()
@click.option("--domain", metavar="DOMAIN", help="Only this one of our domains.")
@click.option(
    "--since", metavar="WHEN", default="30d", help="A day (UTC) or an age, such as 7d. Default: 30d."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_option
def received(domain: str | None, since: str, as_json: bool, config: Path | None) -> None:
    """Show who sends in the name of our domains, by the reports that came to dmarc.reports_to.

    What needs a move comes first. Reports are what others say; those whose sender did not prove himself are told.
    """
    import apsw

    from gatepost.cli.dmarc_received import lines
    from gatepost.gateway.dmarc.overview import overview

    settings = settings_of(config)
    try:
        found = overview(settings, _since(since), domain.lower() if domain else "")
    except apsw.Error as error:
        raise Bad(f"the received reports in {settings.dmarc_dir} cannot be read: {error}") from None
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2))
        return
    if not found.domains:
        hint = "" if settings.dmarc.reports_to else "; name the addresses that take them: dmarc.reports_to"
        click.echo(f"No reports came about {domain or 'our domains'} in that time{hint}.")
    else:
        click.echo("\n\n".join("\n".join(lines(one)) for one in found.domains))
    for unread in found.unread:
        click.echo(
            f"not counted: {unread.count:,} {'report' if unread.count == 1 else 'reports'}: {unread.why}"
        )


def _since(text: str) -> float:
    if text.endswith("d") and text[:-1].isascii() and text[:-1].isdigit() and len(text) < 6:
        return time.time() - int(text[:-1]) * 86_400
    return float(_day(text))


def _octets(path: Path) -> bytes:
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(_MOST)
        with path.open("rb") as file:
            return file.read(_MOST)
    except OSError as error:
        raise Bad(f"{path} cannot be read: {error.strerror}") from None


def _explained(report: FailureReport) -> Iterator[str]:
    """Tell what a failure report says of its message."""
    yield click.style(f"{report.domain}", bold=True) + (
        f"  one message, seen by {report.reporter or 'somebody who does not say his name'}"
        + (f", {datetime.fromtimestamp(report.arrived, UTC):%Y-%m-%d %H:%M} UTC" if report.arrived else "")
    )
    yield f"  what was wrong: {report.meaning}" + (f"; {report.fate}" if report.fate else "")
    for label, value in (
        ("came from", report.source_ip),
        ("reverse-path", report.mail_from),
        ("author", report.header_from),
        ("subject", report.subject),
        ("Message-ID", report.message_id),
        ("signed for", f"{report.dkim_domain} with {report.dkim_selector}" if report.dkim_domain else ""),
        ("SPF record", report.spf_record),
        ("Identity-Alignment", report.alignment),
        *(("results", result) for result in report.results),
    ):
        if value:
            yield f"  {label}: {value}"


def _told(report: Report) -> Iterator[str]:
    """Tell what an aggregate report says; its words are a stranger's."""
    from gatepost.journal.words import printable

    begin, end = (datetime.fromtimestamp(at, UTC) for at in (report.begin, report.end))
    period = f"{begin:%Y-%m-%d %H:%M} to {end:%m-%d %H:%M} UTC"
    yield click.style(printable(report.policy.domain), bold=True) + (
        f"  {report.messages:,} messages seen by {printable(report.org_name)}, {period}"
    )
    subdomains = f", subdomains {report.policy.sp}" if report.policy.sp else ""
    yield printable(f"  policy {report.policy.p}{subdomains}")
    yield f"  {'messages':>8}  {'from':<24}{'SPF':<6}{'DKIM':<6}{'done':<12}in the name of"
    for row in sorted(report.rows, key=lambda row: -row.count):
        colour = "green" if "pass" in (row.spf, row.dkim) else "red"
        checks = click.style(printable(f"{row.spf:<6}{row.dkim:<6}"), fg=colour)
        yield f"  {row.count:>8,}  {row.source_ip:<24}{checks}{printable(f'{row.disposition:<12}{row.header_from}')}"
    for problem in (*report.errors, *report.problems):
        yield printable(f"  note: {problem}")


def _day(text: str | None) -> int:
    """Give the beginning of a day in UTC."""
    if text is None:
        now = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return int((now - timedelta(days=1)).timestamp())
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise click.UsageError(f"{text!r} is no day; write one like 2026-11-27") from None


def _write(folder: Path, report: Report, domain: str) -> None:
    import gzip

    from gatepost.mailauth.dmarc.report_mail import file_name
    from gatepost.mailauth.dmarc.report_xml import write_report

    path = folder / file_name(report, domain)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(write_report(report), mtime=0))
    except OSError as error:
        raise Bad(f"{path} cannot be written: {error.strerror}") from None
    click.echo(f"written: {path}", err=True)


def _send(settings: Settings, day: int, asked: list[Asked]) -> None:
    """Hand over what was not sent before. Raises Bad when something could not be."""
    from gatepost.gateway.dmarc import sent
    from gatepost.gateway.dmarc.outgoing import Shut, door_of, send
    from gatepost.gateway.resolver import DnsResolver

    door = door_of(settings)
    if isinstance(door, Shut):
        raise Bad(door.why)

    async def sending() -> Outcome:
        with (
            contextlib.closing(DnsResolver(settings.dns, time.time)) as resolver,
            sent.opened(settings.dmarc_dir / "sent", day) as log,
        ):
            return await send(settings, asked, log, door, resolver, time.time)

    try:
        outcome = asyncio.run(sending())
    except sent.Busy:
        raise Bad("another process is sending the reports of that day just now") from None
    except OSError as error:
        raise Bad(f"{settings.dmarc_dir} cannot be used: {error.strerror}") from None
    for one in outcome.told:
        click.echo(f"{one.domain}: {_FATES[one.fate]} {one.detail}", err=True)
    if len(asked) > len(outcome.told):
        click.echo(f"{len(asked) - len(outcome.told)} were done before", err=True)
    if any(one.fate in ("refused", "later") for one in outcome.told):
        raise Bad("not all reports could be sent; the lines above say why")


_FATES: Final = {
    "sent": "sent to",
    "nobody": "not sent:",
    "refused": "not sent:",
    "later": "not sent yet, try again later:",
}
