"""What was reported of our domains, put together for the command line and the pages: the same facts for both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from gatepost.gateway.dmarc.received import Received, Unread, opened_to_read
from gatepost.gateway.settings import Settings, host_and_port
from gatepost.mailauth.dmarc.failure import FailureReport
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.sources import DomainView, view
from gatepost.policy.networks import LOOPBACK, Networks

MAX_DOMAINS: Final = 200
MAX_FAILURES: Final = 20  # that are shown of a domain


class DomainOverview(Struct, frozen=True, kw_only=True):
    """One domain: what aggregate reports say, and the newest failure reports of `failure_count`.

    `unproven` counts the aggregate reports whose sender did not prove himself by DMARC.
    """

    view: DomainView
    unproven: int
    failures: tuple[FailureReport, ...]
    failure_count: int


class Overview(Struct, frozen=True, kw_only=True):
    """All domains since a time (seconds since 1970), those with something to do first; and what was not counted."""

    since: float
    domains: tuple[DomainOverview, ...]
    unread: tuple[Unread, ...]


def overview(settings: Settings, since: float, domain: str = "") -> Overview:
    """Read what was received since a time, of one domain or of all. Raises apsw.Error."""
    registered = PublicSuffixList().privatesuffix
    is_ours = our_addresses(settings)
    with opened_to_read(settings.dmarc_dir) as received:
        if received is None:
            return Overview(since=since, domains=(), unread=())
        names = [domain] if domain else received.domains(since)[:MAX_DOMAINS]
        found = [
            _domain(received, name, since, is_ours, lambda name: registered(name) or "") for name in names
        ]
        unread = tuple(received.unread(since))
    present = [one for one in found if one.view.reports or one.failure_count]
    present.sort(key=lambda one: (not any(source.move for source in one.view.sources), -one.view.messages))
    return Overview(since=since, domains=tuple(present), unread=unread)


def our_addresses(settings: Settings) -> Callable[[str], bool]:
    """Give what tells whether an address is of our servers: where we listen, and the relay networks but loopback."""
    relays = Networks([name for name in settings.policy.relay_networks if name not in LOOPBACK])
    listening = {host_and_port(listener.address)[0] for listener in settings.listener}

    def is_ours(address: str) -> bool:
        return address in listening or relays.contains(address)

    return is_ours


def _domain(
    received: Received,
    name: str,
    since: float,
    is_ours: Callable[[str], bool],
    registered: Callable[[str], str],
) -> DomainOverview:
    unproven = 0

    def reports() -> Iterator[Report]:  # one at a time: a year of them is large
        nonlocal unproven
        for kept in received.reports(name, since):
            unproven += not kept.sender
            yield kept.report

    seen = view(name, reports(), is_ours, registered)
    failures = list(received.failures(name, since))
    return DomainOverview(
        view=seen,
        unproven=unproven,
        failures=tuple(failures[:MAX_FAILURES]),
        failure_count=sum(failure.incidents for failure in failures),
    )
