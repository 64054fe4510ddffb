"""Find the policy record and the organizational domain of a name: the DNS tree walk (RFC 9989 §4.10).

A walk asks at most eight names; the walks of one message share what was asked. A failure ends a walk, and what
would depend on it stays unknown: that is never "no record". The public suffix list of RFC 7489 helps in two places
here, and in `evaluate` in one more:
  - A record at a public suffix without any tag that only RFC 9989 knows was written for RFC 7489 or 9091, whose
    readers knew the suffix from the list. It is read as if it said psd=y (RFC 9989 §5.2 demands that of its owner),
    or all that is registered below the suffix would be one organization.
  - A failure at a public suffix is read over when records were found below: such names hardly ever have one, and the
    servers of a whole top-level domain should not be able to keep its domains from being protected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from msgspec import Struct

from gatepost.mail.dns import Answer, Resolver, Status
from gatepost.mailauth.dmarc.record import Record, is_record, parse_record

MAX_QUERIES: Final = 8  # of one walk, RFC 9989 §4.10
_PREFIX: Final = "_dmarc."


class PublicSuffixes(Protocol):
    """The public suffix list, as `publicsuffixlist.PublicSuffixList` has it: the whole, with its private section.

    A name in the private section is there because its owner says that others hold the names below it.
    """

    def privatesuffix(self, domain: str) -> str | None:
        """Give the suffix with one more label, which is what somebody registered; None for a suffix itself."""
        ...


class Found(Struct, frozen=True, gc=False):
    """A record and the domain that it was found at."""

    domain: str
    record: Record


class Walk(Struct, frozen=True, gc=False):
    """What a walk from `start` found, the longest name first.

    `failed` is the name where DNS failed, "" when it did not.
    """

    start: str
    found: tuple[Found, ...]
    failed: str = ""


class Lookup:
    """The records of names, each asked for once, and the answers in the order in which they came."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known: dict[str, Record | Answer | None] = {}
        self.answers: list[Answer] = []
        self.problems: list[str] = []

    async def record(self, domain: str) -> Record | Answer | None:
        """Give the record at a domain, None when there is none, or the answer that says why nobody knows."""
        if domain not in self._known:
            self._known[domain] = await self._ask(domain)
        return self._known[domain]

    async def _ask(self, domain: str) -> Record | Answer | None:
        answer = await self._resolver.ask(_PREFIX + domain, "TXT")
        self.answers.append(answer)
        if answer.failed:
            return answer
        texts = [text for text in answer.records if is_record(text)]
        if len(texts) > 1:
            # RFC 9989 §4.10, steps 2 and 6: then all of them are discarded.
            self.problems.append(f"{domain} has {len(texts)} DMARC records, so none counts")
        return parse_record(texts[0]) if len(texts) == 1 else None

    async def exists(self, domain: str) -> bool | Answer:
        """Tell whether a name exists (RFC 9989 appendix A.4), or give the answer that says why nobody knows."""
        answer = await self._resolver.ask(domain, "A")
        self.answers.append(answer)
        if answer.status is Status.ABSENT:
            # A CNAME was followed, and it may be its target that is absent (RFC 6604 §3).
            answer = await self._resolver.ask(domain, "CNAME")
            self.answers.append(answer)
        return answer if answer.failed else answer.status is not Status.ABSENT


def names(start: str) -> Iterator[str]:
    """Give the names that a walk asks, at most eight (RFC 9989 §4.10, steps 3 to 7)."""
    labels = start.split(".")
    yield start
    for keep in range(min(len(labels) - 1, MAX_QUERIES - 1), 0, -1):
        yield ".".join(labels[-keep:])


async def walk(start: str, lookup: Lookup, suffixes: PublicSuffixes | None = None) -> Walk:
    """Walk from a domain (A-labels, lower case) up to the root, or to a record that says it is the top."""
    found: list[Found] = []
    for name in names(start):
        record = await lookup.record(name)
        if isinstance(record, Answer):
            if found and suffixes is not None and suffixes.privatesuffix(name) is None:
                break
            return Walk(start, tuple(found), failed=name)
        if record is not None:
            found.append(Found(name, record))
            if record.psd != "u":
                break
    return Walk(start, tuple(found))


def organizational(walked: Walk, suffixes: PublicSuffixes | None = None) -> str:
    """Give the organizational domain that a walk has found (RFC 9989 §4.10.2)."""
    for domain, public in _tops(walked, suffixes):
        if not public:
            return domain
        labels = walked.start.split(".")
        return ".".join(labels[-(domain.count(".") + 2) :])
    return walked.found[-1].domain if walked.found else walked.start


def policy_of(walked: Walk, suffixes: PublicSuffixes | None = None) -> Found | None:
    """Give the record that applies to mail of the domain where the walk began (RFC 9989 §4.10.1)."""
    at = {found.domain: found for found in walked.found}
    public = next((domain for domain, public in _tops(walked, suffixes) if public), "")
    return at.get(walked.start) or at.get(organizational(walked, suffixes)) or at.get(public)


def _tops(walked: Walk, suffixes: PublicSuffixes | None) -> Iterator[tuple[str, bool]]:
    """Give the domains whose records end the search, the longest first, and whether each is a public suffix."""
    for domain, record in [(found.domain, found.record) for found in walked.found]:
        if record.psd == "n":
            yield domain, False
        elif domain == walked.start:
            continue  # RFC 9989 §4.10.2, step 2: a public suffix is an organization for its own mail
        elif record.psd == "y" or (
            suffixes is not None and not record.of_its_time and suffixes.privatesuffix(domain) is None
        ):
            yield domain, True
