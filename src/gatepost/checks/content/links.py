"""The check of links: where a message leads its readers, by the links of its text, pages, files and pictures.

At the end of data, in the wave behind the inspection, which sees the links of files, and behind the checks that tell
who stands behind the message. It gathers all links (kept on the content for later checks), looks at each, and asks
the lists of the settings and the memory of known correspondents about their domains. Nothing is fetched and no name
of a link is looked up: the lists alone are asked. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gatepost.checks.check import Looked
from gatepost.checks.connection.address import address_of, is_local, reversed_labels
from gatepost.checks.connection.identities import Registered
from gatepost.checks.connection.list_asking import AskedList, ListAsking, Question, asked_list
from gatepost.checks.connection.list_health import ListHealth
from gatepost.checks.content.link_cues import LOOK_ALIKE, LinkCues, evidence, sender_of
from gatepost.checks.content.link_places import is_below
from gatepost.checks.content.link_sources import Gathered, gather
from gatepost.checks.content.links_settings import LinkListSettings, LinksSettings
from gatepost.checks.evidence import (
    Evidence,
    LinkEvidence,
    ListingEvidence,
    NoteEvidence,
    OutageEvidence,
)
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.identity.contacts import Alike, Contacts, resembled
from gatepost.checks.memory import Unavailable
from gatepost.mail.dns import Resolver
from gatepost.mail.links import SeenLink
from gatepost.mail.lookalike import likenesses

NAME: Final = "link"
LISTED: Final = "link-listed"
MAX_EVIDENCE: Final = 10
"""Links that one finding names."""
MAX_COMPARED: Final = 10
"""Domains of one message that are compared with those of known correspondents."""

_Found = dict[str, list[LinkEvidence]]


class _List(Struct, frozen=True):
    """A list as it is asked: about what."""

    asked: AskedList
    domains: bool
    hosts: bool
    addresses: bool


class _Asked(Struct, frozen=True):
    """What the lists are to be asked: the questions, of each what it is about, and what is left out, in words."""

    questions: tuple[Question, ...]
    subjects: tuple[str, ...]
    ill: tuple[OutageEvidence, ...]
    unasked: int


class LinksCheck:
    """Look at the links of a message. `monotonic` gives seconds that only grow; `health` knows whom to believe.

    `registered` gives the registered domain of a host, `ours` tells whether a domain is one of ours, `resembles` says
    which of ours a domain looks like. `contacts` are the domains of known correspondents; None: nobody remembers any.
    """

    name = NAME
    stages = frozenset({Stage.CONTENT})

    def __init__(
        self,
        settings: LinksSettings,
        resolver: Resolver,
        health: ListHealth,
        monotonic: Callable[[], float],
        *,
        registered: Registered,
        ours: Callable[[str], bool],
        resembles: Callable[[str], str],
        contacts: Contacts | None = None,
    ) -> None:
        self._settings = settings
        self._health = health
        self._asking = ListAsking(resolver, health, monotonic, settings.timeout)
        self._monotonic = monotonic
        self._ours = ours
        self._registered = lru_cache(4096)(registered)
        self._contacts = contacts
        self._lists = tuple(map(_list, settings.list))
        self._unasked = frozenset(settings.unasked)
        self._cues = LinkCues(
            self._registered,
            ours,
            lru_cache(4096)(resembles),
            shorteners=frozenset(settings.shorteners),
            trackers=frozenset(settings.trackers),
        )

    def look(self, stage: Stage, facts: Facts, content: Content | None) -> Looked:  # noqa: ARG002
        """Report what the links tell; at once where neither lists nor memory must be asked."""
        if content is None:
            return ()
        try:
            gathered = gather(content)
        except OSError as error:
            outage = OutageEvidence("the spool", str(error))
            return (_finding("", Result.UNAVAILABLE, (outage,)),)
        content.links.extend(gathered.links)
        sender = sender_of(facts, self._registered)
        found: _Found = {}
        # What a reader is led to comes before what is only loaded, so that bounds meet that first.
        domains: dict[str, SeenLink] = {}
        for link in sorted(gathered.links, key=_is_loaded):
            domain = "" if link.address.is_ip else self._registered(link.address.host)
            for name, what in self._cues.of(link, domain, sender):
                found.setdefault(name, []).append(what)
            domains.setdefault(domain or link.address.host, link)
        strangers = {domain: link for domain, link in domains.items() if not self._ours(domain)}
        asked = self._questions(gathered.links, strangers)
        keys, compared = self._likenesses(strangers, sender.author)
        fresh = self._contacts.records.fresh(keys) if self._contacts is not None and keys else ()
        if not asked.questions and not asked.ill and fresh is not None:
            self._compare(compared, fresh, found)
            return _findings(found, gathered, len(domains))
        return self._waited(gathered, domains, found, asked, keys, compared, fresh)

    async def _waited(
        self,
        gathered: Gathered,
        domains: dict[str, SeenLink],
        found: _Found,
        asked: _Asked,
        keys: tuple[str, ...],
        compared: Sequence[tuple[SeenLink, int]],
        fresh: tuple[Alike | None, ...] | None,
    ) -> Sequence[Finding]:
        began = self._monotonic()
        outages: list[OutageEvidence] = []
        if fresh is None and self._contacts is not None:
            records = await self._contacts.records.get(keys)
            if isinstance(records, Unavailable):
                outages.append(OutageEvidence("the memory", records.reason))
            else:
                fresh = records
        if fresh is not None:
            self._compare(compared, fresh, found)
        heard = await self._asking.ask_all(asked.questions)
        silent = {one.engine: one for one in (*asked.ill, *heard) if isinstance(one, OutageEvidence)}
        answered = any(not isinstance(one, OutageEvidence) for one in heard)
        findings = [*self._listed(asked, heard, domains)]
        if (silent and not answered) or outages:
            outages += silent.values()
            findings.append(_finding("", Result.UNAVAILABLE, tuple(outages)))
            silent = {}
        findings += _findings(found, gathered, len(domains), tuple(silent.values()), bool(findings))
        if asked.unasked:
            note = NoteEvidence(f"the questions were used up; {asked.unasked} domains were not asked about")
            findings[0] = _with(findings[0], (note,))
        return [_lasted(findings[0], self._monotonic() - began), *findings[1:]]

    def _questions(self, links: Sequence[SeenLink], strangers: dict[str, SeenLink]) -> _Asked:
        """Choose what the lists are asked, within the bound: each domain, its hosts, each address."""
        if not self._lists or not strangers:
            return _Asked((), (), (), 0)
        hosts: dict[str, dict[str, None]] = {domain: {} for domain in strangers}
        for link in links:
            domain = self._registered(link.address.host) if not link.address.is_ip else ""
            hosts.get(domain or link.address.host, {})[link.address.host] = None
        ill = {
            (each.label, version): why
            for each in self._settings.list
            for version in each.versions
            if (why := self._health.why_ill(each.label, version))
        }
        questions: list[Question] = []
        subjects: list[str] = []
        left = self._settings.questions
        unasked = 0
        for domain, link in strangers.items():
            if is_below(domain, self._unasked):
                continue
            asked = [
                question
                for each in self._lists
                for question in _about(each, domain, hosts[domain], is_ip=link.address.is_ip)
                if (each.asked.label, question.version) not in ill
            ]
            if len(asked) > left:
                unasked += 1
                continue
            left -= len(asked)
            questions += asked
            subjects += [domain] * len(asked)
        outages = [
            OutageEvidence(label, f"left out, for it is ill: {why}") for (label, _), why in ill.items()
        ]
        return _Asked(tuple(questions), tuple(subjects), tuple(outages), unasked)

    def _listed(
        self,
        asked: _Asked,
        heard: Sequence[ListingEvidence | OutageEvidence | None],
        domains: dict[str, SeenLink],
    ) -> Sequence[Finding]:
        """Make the finding of what the lists name: by the domain that weighs most, a list counting once for each."""
        weights: dict[str, dict[str, float]] = {}
        listings: dict[str, list[ListingEvidence]] = {}
        for subject, one in zip(asked.subjects, heard, strict=True):
            if isinstance(one, ListingEvidence):
                of = weights.setdefault(subject, {})
                of[one.list] = max(of.get(one.list, 0.0), one.weight, key=abs)
                listings.setdefault(subject, []).append(one)
        totals = {subject: sum(of.values()) for subject, of in weights.items()}
        bad = [subject for subject, total in totals.items() if total >= self._settings.listed]
        if not bad:
            return ()
        bad.sort(key=totals.__getitem__, reverse=True)
        told: list[Evidence] = []
        for subject in bad[:MAX_EVIDENCE]:
            names = ", ".join(dict.fromkeys([one.list for one in listings[subject]]))
            told += [evidence(domains[subject], f"{subject} is listed by {names}"), *listings[subject]]
        return (_finding(LISTED, Result.FOUND, tuple(told), totals[bad[0]]),)

    def _likenesses(
        self, strangers: dict[str, SeenLink], author: str
    ) -> tuple[tuple[str, ...], Sequence[tuple[SeenLink, int]]]:
        """Give the keys of the likenesses of the first domains, and of each how many they are."""
        if self._contacts is None:
            return (), ()
        keys: list[str] = []
        compared: list[tuple[SeenLink, int]] = []
        for domain, link in strangers.items():
            if link.address.is_ip or domain == author or len(compared) == MAX_COMPARED:
                continue
            like = likenesses(domain)
            keys += like
            compared.append((link, len(like)))
        return tuple(keys), compared

    def _compare(
        self, compared: Sequence[tuple[SeenLink, int]], records: Sequence[Alike | None], found: _Found
    ) -> None:
        at = 0
        for link, many in compared:
            resemblance = resembled(link.address.host, records[at : at + many])
            at += many
            if resemblance is not None:
                private = f"{resemblance.reason}, where known correspondents of our users are"
                what = evidence(link, f"{resemblance.domain} looks like another domain", private)
                found.setdefault(LOOK_ALIKE, []).append(what)


def _about(of: _List, domain: str, hosts: dict[str, None], *, is_ip: bool) -> list[Question]:
    if is_ip:
        address = address_of(domain)
        if not of.addresses or not isinstance(address, IPv4Address) or is_local(address):
            return []
        return [Question(of.asked, domain, 4, reversed_labels(address))]
    names = {domain: None} if of.domains else {}
    return [Question(of.asked, name, 0, name) for name in (names | hosts if of.hosts else names)]


def _findings(
    found: _Found,
    gathered: Gathered,
    domains: int,
    outages: tuple[OutageEvidence, ...] = (),
    others: bool = False,
) -> Sequence[Finding]:
    """Make a finding of each kind of link; what was cut and who was silent stands in the first, or in a clean one."""
    notes: tuple[Evidence, ...] = (*map(NoteEvidence, gathered.cut), *outages)
    if found:
        findings = [
            _finding(name, Result.FOUND, tuple(dict.fromkeys(told))[:MAX_EVIDENCE])
            for name, told in found.items()
        ]
        return [_with(findings[0], notes), *findings[1:]]
    if others and not notes:
        return ()
    many = len(gathered.links)
    if many:
        notes = (
            NoteEvidence(f"{many} link{'s' * (many > 1)} to {domains} domain{'s' * (domains > 1)}"),
            *notes,
        )
    return (_finding("", Result.CLEAN, notes),)


def _finding(name: str, result: Result, told: tuple[Evidence, ...], score: float = 0.0) -> Finding:
    return Finding(check=NAME, stage=Stage.CONTENT, result=result, name=name, score=score, evidence=told)


def _with(finding: Finding, more: tuple[Evidence, ...]) -> Finding:
    return replace(finding, evidence=(*finding.evidence, *more)) if more else finding


def _lasted(finding: Finding, seconds: float) -> Finding:
    return replace(finding, duration=seconds)


def _is_loaded(link: SeenLink) -> bool:
    return not link.followed


def _list(settings: LinkListSettings) -> _List:
    asked = asked_list(settings.label, settings.zone, settings.weight, settings.code)
    return _List(asked, settings.domains, settings.hosts, settings.addresses)
