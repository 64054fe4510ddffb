"""Makes the reports of a day and hands them to this gateway's own door, each once, whatever crashes meanwhile.

They go the way of all our mail: taken by a listener from a relay network, signed, spooled, delivered and tried again.
Run by the command line and by `daily`, in a process of its own: reading a day's journal takes its time.
`sent` says what a crash between any two steps leads to.
"""

from __future__ import annotations

import contextlib
import smtplib
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Final

import msgspec
from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from gatepost.delivery.routes import Routes
from gatepost.gateway.dmarc.sent import Begun, Ended, Fate, Finished, SentLog
from gatepost.gateway.settings import PID_FILE, Settings, host_and_port
from gatepost.journal.aggregate import Asked, reports
from gatepost.journal.query import host_of
from gatepost.journal.reader import records
from gatepost.journal.records import Reception
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Resolver
from gatepost.mail.header import MAX_VALUE
from gatepost.mailauth.dmarc.destination import Destination, aggregate_destinations
from gatepost.mailauth.dmarc.report import Report
from gatepost.mailauth.dmarc.report_mail import report_mail
from gatepost.policy.domains import Domains
from gatepost.policy.networks import Networks
from gatepost.spool.embedded import SpoolUnusable, open_reader

DAY: Final = 86_400
PATIENCE: Final = 20 * 3600  # seconds after the day's end that are given to DNS to say who may have a report
SETTLED: Final = (
    60.0  # seconds after which a report in doubt is in spool or journal, or nowhere: workers have started
)
_SECONDS: Final = 300.0  # for each step with our own door: RFC 5321 §4.5.3.2 allows ten minutes at most
_ABROAD: Final = "postmaster@elsewhere.invalid"  # RFC 2606 §2: at no domain of ours


class Sender(Struct, frozen=True):
    """Whom the reports come from: an address, its domain, and the name of the organization."""

    address: str
    domain: str
    organization: str


class Told(Struct, frozen=True):
    """What became of one report just now. `fate` is "later" when it is to be tried again."""

    domain: str
    fate: Fate | str
    detail: str


class Outcome(Struct, frozen=True):
    """How the reports of a day stand: what was done just now, how many were sent in all, how many never will be."""

    told: tuple[Told, ...]
    sent: int
    unsent: int

    @property
    def later(self) -> int:
        """How many reports are to be tried again."""
        return sum(one.fate == "later" for one in self.told)


class Door(Struct, frozen=True):
    """Where this gateway takes its own mail for the world."""

    host: str
    port: int


class Shut(Struct, frozen=True):
    """Why no report can leave, in one sentence, and what to do about it."""

    why: str


def sender_of(settings: Settings) -> Sender:
    """Say whom the reports come from: as set, else the postmaster of the first domain, for reports by hand."""
    address = settings.dmarc.reports_from
    if not address:
        domain = next((domain.name for domain in settings.domain if domain.name != "*"), settings.host)
        address = f"postmaster@{domain}"
    domain = address.rpartition("@")[2]
    return Sender(address, domain, settings.dmarc.organization or domain)


def door_of(settings: Settings) -> Door | Shut:
    """Find the way out for reports: a listener that takes what we say, and a next hop for other domains."""
    if not Routes(Domains(settings.domain)).of(_ABROAD):
        return Shut(
            'DMARC reports cannot be sent: no next hop takes mail for other domains; name one for the domain "*"'
        )
    relays = Networks(settings.policy.relay_networks)
    for listener in settings.listener:
        host, port = host_and_port(listener.address)
        address = ip_address(host)
        if address.is_unspecified:
            host = "127.0.0.1" if address.version == 4 else "::1"
        if relays.contains(host):  # who connects to an address of this machine comes from that address
            return Door(host, port)
    return Shut(
        "DMARC reports cannot be sent: no listener takes mail for other domains from this machine; add its address "
        "to policy.relay_networks"
    )


def reports_of(settings: Settings, day: int) -> list[Asked]:
    """Make the reports of a day (its beginning, seconds since 1970) from the journal."""
    sender = sender_of(settings)
    return reports(
        records(settings.journal_dir, day, day + DAY),
        begin=day,
        end=day + DAY - 1,
        org_name=sender.organization,
        email=sender.address,
    )


async def send(
    settings: Settings,
    asked: list[Asked],
    log: SentLog,
    door: Door,
    resolver: Resolver,
    clock: Clock,
) -> Outcome:
    """Send what was not sent yet. Raises OSError when the log cannot be written."""
    suffixes = PublicSuffixList()
    told = []
    for one in asked:
        if one.report.report_id not in log.ended:
            places = await aggregate_destinations(one.record, one.report.policy.domain, resolver, suffixes)
            told.append(_hand_over(settings, one.report, places, log, door, clock))
    fates = [ended.fate for ended in log.ended.values()]
    outcome = Outcome(tuple(told), fates.count("sent"), len(fates) - fates.count("sent"))
    if not outcome.later and log.finished is None:
        log.add(Finished(clock(), outcome.sent, outcome.unsent))
    return outcome


Ending = Callable[[Fate, str], Told]


def _hand_over(
    settings: Settings,
    report: Report,
    places: tuple[Destination, ...],
    log: SentLog,
    door: Door,
    clock: Clock,
) -> Told:
    """See one report to its end, or say why later."""
    key, name = report.report_id, report.policy.domain
    sender = sender_of(settings)
    message_id = f"{key}@{settings.host}"

    def ended(fate: Fate, detail: str) -> Told:
        log.add(Ended(clock(), key, fate, detail))
        return Told(name, fate, detail)

    begun = log.doubtful.get(key)
    if begun is not None:
        if clock() < max(begun, _started(settings)) + SETTLED:
            return Told(name, "later", "it is not known yet whether it was taken before an interruption")
        if _was_taken(settings, message_id, door, begun):
            return ended("sent", "before an interruption")
    if any(place.later for place in places) and clock() < report.end + PATIENCE:
        return Told(name, "later", "; ".join(place.reason for place in places if place.later))
    wanted = {place.address: place.size for place in places if place.allowed}
    refusals = [f"{place.uri}: {place.reason}" for place in places if not place.allowed]
    try:
        content = report_mail(
            report,
            submitter=sender.domain,
            author=sender.address,
            recipients=tuple(wanted) or (sender.address,),
            message_id=message_id,
            second=int(clock()),
        )
    except ValueError as error:
        return ended("refused", f"it cannot be written: {error}")
    for address, size in wanted.items():
        if size and len(content) > size:  # RFC 9989 §4.7: the owner says how much it takes
            refusals.append(f"{address} takes {size} octets at most, it has {len(content)}")
    recipients = [address for address, size in wanted.items() if not size or len(content) <= size]
    if not recipients:
        return ended("nobody", "; ".join(refusals)[:1000])
    log.add(Begun(clock(), key))
    try:
        with smtplib.SMTP(door.host, door.port, local_hostname=settings.host, timeout=_SECONDS) as smtp:
            refused = smtp.sendmail(sender.address, recipients, content)
    except smtplib.SMTPRecipientsRefused as error:
        return _refused(name, ended, list(error.recipients.values()))
    except smtplib.SMTPResponseException as error:
        return _refused(name, ended, [(error.smtp_code, error.smtp_error)])
    except (OSError, smtplib.SMTPException) as error:
        return Told(name, "later", f"this gateway at {door.host}:{door.port} did not answer: {error}")
    taken = ", ".join([address for address in recipients if address not in refused])
    return ended("sent", f"{taken}; not sent to {'; '.join(refusals)}"[:1000] if refusals else taken[:1000])


def _refused(name: str, ended: Ending, replies: list[tuple[int, bytes | str]]) -> Told:
    code, text = replies[0]
    words = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    detail = f"this gateway answered {code} {words}"
    return ended("refused", detail[:1000]) if code >= 500 else Told(name, "later", detail)


def _started(settings: Settings) -> float:
    """Tell when the gateway was started: its workers may still be putting down what a former life took."""
    try:
        return (settings.data_dir / PID_FILE).stat().st_mtime
    except OSError:
        return 0.0


def _was_taken(settings: Settings, message_id: str, door: Door, since: float) -> bool:
    """Tell whether the gateway took a message from us: from what is in the spool, and from the journal."""
    marked = f"<{message_id}>"[:MAX_VALUE]
    return any(
        reception.message_id == marked
        and host_of(reception.peer) == door.host  # others may know the id as well
        and reception.reply.positive
        for reception in _receptions(settings, since)
    )


def _receptions(settings: Settings, since: float) -> Iterator[Reception]:
    """Give what the gateway took since a time; the spool first, as what leaves it then stands in the journal."""
    for shard in sorted(settings.spool_dir.glob("[0-9]*")):
        with contextlib.suppress(SpoolUnusable), contextlib.closing(open_reader(shard)) as reader:
            messages = [entry.message for entry in reader.waiting()]
            messages += [entry.message for entry in reader.held()]
            for message in messages:
                if message.facts and message.arrived >= since - SETTLED:
                    yield msgspec.json.decode(message.facts, type=Reception)
    for record in records(settings.journal_dir, since - SETTLED):
        if isinstance(record, Reception):
            yield record
