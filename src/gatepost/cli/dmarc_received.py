"""How `gatepost dmarc received` lays out what others reported of a domain: what needs a move first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from gatepost.cli.layout import width

if TYPE_CHECKING:
    from gatepost.gateway.dmarc.overview import DomainOverview
    from gatepost.mailauth.dmarc.sources import Source

_SOURCES: Final = 25  # of a domain
_FAILURES: Final = 3
_INDENT: Final = " " * 8


def lines(found: DomainOverview) -> Iterator[str]:
    """Tell what is known of a domain: in two lines, then source by source, then message by message."""
    from gatepost.journal.words import printable

    view = found.view
    if view.reports:
        begin, end = (datetime.fromtimestamp(at, UTC) for at in (view.begin, view.end))
        share = f"{100 * view.passed / view.messages:.1f}% passed" if view.messages else "none passed"
        yield click.style(printable(view.domain), bold=True) + (
            f"  {view.messages:,} messages, {share}; policy {printable(view.policy) or 'unknown'}"
        )
        unproven = f"; {found.unproven:,} of them from senders without proof" if found.unproven else ""
        yield (
            f"  by {view.reports:,} reports of {len(view.organizations):,} organizations, "
            f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}{unproven}"
        )
        yield f"  {'messages':>9} {'failed':>9} {'refused':>9}  who"
    else:
        yield click.style(printable(view.domain), bold=True) + "  no aggregate reports"
    for source in view.sources[:_SOURCES]:
        yield from _source(source)
    if len(view.sources) > _SOURCES:
        yield f"  and {len(view.sources) - _SOURCES:,} more sources; --json has all"
    if found.failure_count:
        messages = "message" if found.failure_count == 1 else "messages"
        yield f"  {found.failure_count:,} {messages} in failure reports; the newest:"
    for failure in found.failures[:_FAILURES]:
        yield from _wrapped(
            f"from {failure.source_ip or 'somewhere'}, seen by {printable(failure.reporter) or 'somebody'}: "
            f"{printable(failure.meaning)}"
        )


def _source(source: Source) -> Iterator[str]:
    from gatepost.journal.words import printable

    failed = click.style(f"{source.failed:>9,}", fg="red" if source.move else None)
    refused = source.rejected + source.quarantined
    yield f"  {source.messages:>9,} {failed} {refused:>9,}  {printable(source.name)}, {source.who}"
    if source.passed:
        yield from _wrapped(f"passed by SPF {source.spf:,}, by DKIM {source.dkim:,}")
    if source.addresses != (source.name,):
        others = source.address_count - len(source.addresses)
        yield from _wrapped(", ".join(source.addresses) + (f" and {others:,} more" if others else ""))
    if source.move:
        for line in _wrapped(f"to do: {printable(source.move)}"):
            yield click.style(line, fg="yellow")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width(), initial_indent=_INDENT, subsequent_indent=_INDENT)
