"""Lists of ours: networks, domains and addresses that are let in or kept out, each with a reason and perhaps an end.

An entry that keeps out counts for whoever claims the name; one that lets in counts for a name only where SPF or DKIM
says that it is no forgery. A pattern is anchored at a dot or an @, so that it means what it seems to mean.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final

from msgspec import Struct

from gatepost.checks.evidence import EntryEvidence
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.mail.clock import Clock
from gatepost.mail.idn import to_ascii
from gatepost.mail.path import Mailbox, parse_mailbox

_MAX_LABELS: Final = 128
_NOTHING: Final[tuple[Finding, ...]] = ()
_DAY: Final = 86_400


class Entry(Struct, frozen=True, gc=False):
    """One line of a list. `until` is the first day on which it no longer counts; None is never."""

    match: str
    note: str = ""
    until: dt.date | None = None


class SenderList:
    """A set of entries, asked by address of the client, by domain, and by mailbox."""

    __slots__ = ("_domains", "_mailboxes", "_networks", "_wild")

    def __bool__(self) -> bool:
        return bool(self._networks or self._domains or self._wild or self._mailboxes)

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Sort the entries out. Raises ValueError for one that is none, with what to write instead."""
        self._networks: list[tuple[IPv4Network | IPv6Network, Entry]] = []
        self._domains: dict[str, Entry] = {}
        self._wild: dict[str, Entry] = {}
        self._mailboxes: dict[str, Entry] = {}
        for entry in entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        match = entry.match.strip()
        if "@" in match and not match.startswith("@"):
            mailbox = parse_mailbox(match)
            if not isinstance(mailbox, Mailbox) or "*" in match:
                raise ValueError(f'{match!r} is no address; write one like "a@example.org", or a domain')
            self._mailboxes[_key(mailbox)] = entry
            return
        try:
            self._networks.append((ip_network(match), entry))
        except ValueError:
            pass
        else:
            return
        wild, name = match.startswith("*."), match.removeprefix("*.").removeprefix("@")
        if "*" in name:
            bare = name.replace("*", "")
            raise ValueError(
                f'{match!r} would also match "evil-{bare}"; write "{bare}" for the domain and "*.{bare}" for all '
                "below it"
            )
        domain = to_ascii(name)
        if domain is None or "." not in domain:
            raise ValueError(
                f'{match!r} is no network, domain or address; write "192.0.2.0/24", "example.org" or '
                '"*.example.org"'
            )
        (self._wild if wild else self._domains)[domain] = entry

    def client(self, address: str, today: dt.date) -> Entry | None:
        """Give the entry about the address of a client."""
        if not self._networks:
            return None
        ip = ip_address(address.partition("%")[0])
        for network, entry in self._networks:
            if network.version == ip.version and ip in network and _counts(entry, today):
                return entry
        return None

    def domain(self, domain: str, today: dt.date) -> Entry | None:
        """Give the entry about a domain (in lower-case A-labels), or about all below one that it is in."""
        entry = self._domains.get(domain)
        if entry is not None and _counts(entry, today):
            return entry
        above = domain.partition(".")[2]
        for _ in range(_MAX_LABELS):
            if not above or not self._wild:
                return None
            entry = self._wild.get(above)
            if entry is not None and _counts(entry, today):
                return entry
            above = above.partition(".")[2]
        return None

    def mailbox(self, mailbox: Mailbox, today: dt.date) -> Entry | None:
        """Give the entry about an address, or about its domain."""
        entry = self._mailboxes.get(_key(mailbox))
        if entry is not None and _counts(entry, today):
            return entry
        return self.domain(to_ascii(mailbox.domain) or mailbox.domain, today)


def _key(mailbox: Mailbox) -> str:
    return f"{mailbox.local_part.lower()}@{to_ascii(mailbox.domain) or mailbox.domain}"


def _counts(entry: Entry, today: dt.date) -> bool:
    return entry.until is None or today < entry.until


class ListsCheck:
    """Look the client up at CONNECT, and the reverse-path at RCPT, when it is known what SPF says of it."""

    name = "lists"
    stages = frozenset({Stage.CONNECT, Stage.RCPT})

    def __init__(
        self, allowed: SenderList, blocked: SenderList, clock: Clock, *, unproven: bool = False
    ) -> None:
        """`unproven` lets a name in that nothing has proven."""
        self._allowed = allowed
        self._blocked = blocked
        self._clock = clock
        self._unproven = unproven

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Sequence[Finding]:  # noqa: ARG002
        """Report "network-blocked", "network-allowed", "sender-blocked" and "sender-allowed"."""
        if facts.relay:
            return _NOTHING
        today = self._today()
        if stage is Stage.CONNECT:
            return (
                *_found("network-blocked", stage, self._blocked.client(facts.client, today), facts.client),
                *_found("network-allowed", stage, self._allowed.client(facts.client, today), facts.client),
            )
        sender = facts.reverse_path
        if sender is None:
            return _NOTHING
        blocked = _found("sender-blocked", stage, self._blocked.mailbox(sender, today), sender.address)
        if not (self._unproven or any(finding.what == "spf-pass" for finding in facts.findings)):
            return blocked
        return (
            *blocked,
            *_found("sender-allowed", stage, self._allowed.mailbox(sender, today), sender.address),
        )

    def author(self, mailbox: Mailbox, *, proven: bool) -> Sequence[Finding]:
        """Report "author-blocked", and "author-allowed" for an author whose domain is `proven` to stand behind it."""
        today = self._today()
        blocked = _found(
            "author-blocked", Stage.CONTENT, self._blocked.mailbox(mailbox, today), mailbox.address
        )
        if not (proven or self._unproven):
            return blocked
        allowed = self._allowed.mailbox(mailbox, today)
        return (*blocked, *_found("author-allowed", Stage.CONTENT, allowed, mailbox.address))

    def _today(self) -> dt.date:
        return _date(int(self._clock() // _DAY))


@lru_cache(2)
def _date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=day)


def _found(name: str, stage: Stage, entry: Entry | None, matched: str) -> Sequence[Finding]:
    if entry is None:
        return _NOTHING
    evidence = EntryEvidence(entry=entry.match, matched=matched, note=entry.note)
    return (Finding(check="lists", stage=stage, result=Result.FOUND, name=name, evidence=(evidence,)),)
