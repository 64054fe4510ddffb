"""Where reports may be sent: the places that a record names, as far as they want to have them (RFC 9990 §4).

A record can name any address, so a place outside of the organization must say itself, in DNS, that it takes reports
about the domain: or anyone could have the world's reports sent to a victim. Only "mailto:" is served; a failure of
DNS means later, not no.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from msgspec import Struct

from gatepost.mail.dns import Answer, Resolver
from gatepost.mail.idn import to_ascii
from gatepost.mail.path import Mailbox, parse_mailbox
from gatepost.mailauth.dmarc.discovery import Lookup, PublicSuffixes, organizational, walk
from gatepost.mailauth.dmarc.record import Record, ReportUri, parse_record

MAX_NAME: Final = 253  # characters of a name that DNS can be asked for


class Destination(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One place that a record names, and whether a report may go there, with the reason in words.

    `address` is where to send it, which the place itself may have changed; "" when nowhere. `size` is the most octets
    that it takes, 0 when not said. `later` when DNS failed: nobody knows yet. `answer` is the place's own word.
    """

    uri: str
    allowed: bool
    reason: str
    address: str = ""
    size: int = 0
    later: bool = False
    answer: Answer | None = None


async def aggregate_destinations(
    record: Record, policy_domain: str, resolver: Resolver, suffixes: PublicSuffixes | None = None
) -> tuple[Destination, ...]:
    """Say of each place for aggregate reports (rua) whether reports about `policy_domain` may go there."""
    lookup = Lookup(resolver)
    return tuple([await _destination(uri, policy_domain, resolver, lookup, suffixes) for uri in record.rua])


async def _destination(
    uri: ReportUri, policy_domain: str, resolver: Resolver, lookup: Lookup, suffixes: PublicSuffixes | None
) -> Destination:
    mailbox = _mailbox(uri.uri)
    if isinstance(mailbox, str):
        return Destination(uri=uri.uri, allowed=False, reason=mailbox)
    host = to_ascii(mailbox.domain)
    if host is None:
        return Destination(uri=uri.uri, allowed=False, reason="it is at no domain name")
    if await _is_internal(host, policy_domain, lookup, suffixes):
        return Destination(
            uri=uri.uri,
            allowed=True,
            reason=f"{host} is of the same organization as {policy_domain}",
            address=mailbox.address,
            size=uri.size,
        )
    return await _external(uri, mailbox, host, policy_domain, resolver)


async def _is_internal(
    host: str, policy_domain: str, lookup: Lookup, suffixes: PublicSuffixes | None
) -> bool:
    if host == policy_domain:
        return True
    theirs = await walk(host, lookup, suffixes)
    ours = await walk(policy_domain, lookup, suffixes)
    # Where DNS failed the place is taken for external, and has to say that it wants reports.
    return not (theirs.failed or ours.failed) and organizational(theirs, suffixes) == organizational(
        ours, suffixes
    )


async def _external(
    uri: ReportUri, mailbox: Mailbox, host: str, policy_domain: str, resolver: Resolver
) -> Destination:
    name = f"{policy_domain}._report._dmarc.{host}"
    if len(name) > MAX_NAME:
        return Destination(
            uri=uri.uri, allowed=False, reason=f"{host} cannot be asked, as the name would be too long"
        )
    answer = await resolver.ask(name, "TXT")
    if answer.failed:
        reason = f"DNS did not tell whether {host} takes reports about {policy_domain}: {answer.reason}"
        return Destination(uri=uri.uri, allowed=False, reason=reason, later=True, answer=answer)
    records = [record for text in answer.records if (record := parse_record(text)) is not None]
    if not records:
        reason = f"{host} does not say that it takes reports about {policy_domain} ({name} has no record)"
        return Destination(uri=uri.uri, allowed=False, reason=reason, answer=answer)
    reason = f"{host} says that it takes reports about {policy_domain}"
    address, size = mailbox.address, uri.size
    instead = next((record.rua[0] for record in records if record.rua), None)
    if instead is not None:
        other = _mailbox(instead.uri)
        # RFC 9990 §4, step 9: it may name another address, but of the same host.
        if isinstance(other, Mailbox) and to_ascii(other.domain) == host:
            address, size = other.address, instead.size or uri.size
            reason += f", at {address}"
        else:
            reason += "; the other place that it names is not its own and was not heeded"
    return Destination(uri=uri.uri, allowed=True, reason=reason, address=address, size=size, answer=answer)


def _mailbox(uri: str) -> Mailbox | str:
    """Read a mailto URI (RFC 6068), or say in words why it cannot be served."""
    scheme, _, rest = uri.partition(":")
    if scheme.lower() != "mailto":
        return f"reports are sent by mail only, not by {scheme.lower()}"
    mailbox = parse_mailbox(unquote(rest.partition("?")[0], errors="replace"))
    return mailbox if isinstance(mailbox, Mailbox) else f"its address cannot be read: {mailbox.why}"
