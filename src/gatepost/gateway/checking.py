"""All checks of a worker, put together from the settings: what they ask, what they remember, what ends with them.

Made once by the worker within its event loop, between the resolver, the memory and the rules on one side and
reception on the other. The only place that knows every check.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from publicsuffixlist import PublicSuffixList

from gatepost.checks.check import Check, Dialer
from gatepost.checks.connection.correspondents import Correspondents, CorrespondentsCheck
from gatepost.checks.connection.country import CountryCheck
from gatepost.checks.connection.dnsbl import DnsblCheck
from gatepost.checks.connection.greylist import GreylistCheck
from gatepost.checks.connection.helo import HeloCheck
from gatepost.checks.connection.identities import Registered
from gatepost.checks.connection.list_health import HealthChange, ListHealth
from gatepost.checks.connection.places import Places
from gatepost.checks.connection.postmaster import PostmasterCheck
from gatepost.checks.connection.reputation import (
    Reputation,
    ReputationCheck,
    SignerReputationCheck,
)
from gatepost.checks.connection.reverse_name import ReverseNameCheck
from gatepost.checks.content.engines.engine import EngineCheck
from gatepost.checks.content.header import HeaderCheck
from gatepost.checks.content.inspection import InspectionCheck, NoInspection
from gatepost.checks.content.links import LinksCheck
from gatepost.checks.content.passwords import passwords_in
from gatepost.checks.content.poison import Poison
from gatepost.checks.content.size import SizeCheck
from gatepost.checks.content.spam import SpamCheck
from gatepost.checks.content.structure import StructureCheck
from gatepost.checks.content.text_rules import TextRulesCheck
from gatepost.checks.content.virus import NoVirusCheck, VirusCheck
from gatepost.checks.content.yara_settings import YaraSettings
from gatepost.checks.finding import Finding, Result
from gatepost.checks.identity.contacts import Contacts, ContactsCheck
from gatepost.checks.identity.forgery import Resembles
from gatepost.checks.identity.lists import ListsCheck
from gatepost.checks.identity.message import MessageCheck
from gatepost.checks.identity.new_domains import KnownDomains, NewDomainCheck
from gatepost.checks.identity.spf import SpfCheck
from gatepost.checks.memory import Memory
from gatepost.checks.runner import Checks
from gatepost.checks.settings import ChecksSettings
from gatepost.gateway.engines import engines_of
from gatepost.gateway.inspector import InspectorPool
from gatepost.gateway.settings import Settings
from gatepost.mail.clock import Clock
from gatepost.mail.dns import Resolver
from gatepost.mail.dns_budget import Budgeted
from gatepost.mail.lookalike import Known, resembles
from gatepost.policy.domains import ANY, Domains, a_labels
from gatepost.policy.rules import Rules
from gatepost.reception.lessons import Lessons

if TYPE_CHECKING:  # it brings yara-x, which not every worker needs
    from gatepost.checks.content.yara import Compiled


class Checking:
    """The checks that the settings ask for, and what is learned from each message.

    `told` hears of each blocklist that falls ill or is well again.
    """

    checks: Checks
    lessons: Lessons

    def __init__(
        self,
        settings: Settings,
        *,
        domains: Domains,
        rules: Rules,
        resolver: Resolver,
        memory: Memory,
        secret: bytes,
        dial: Dialer,
        clock: Clock,
        monotonic: Callable[[], float],
        told: Callable[[HealthChange], None],
    ) -> None:
        wanted = settings.checks
        suffixes = PublicSuffixList()

        def ours(domain: str) -> bool:
            return domains.named(domain) is not None

        def registered(domain: str) -> str:
            return suffixes.privatesuffix(domain) or ""

        def budgeted() -> Resolver:
            return Budgeted(resolver, wanted.identity.questions, wanted.identity.seconds, monotonic)

        lists = ListsCheck(*wanted.lists.lists(), clock, unproven=wanted.lists.allow_unproven)
        correspondents, contacts, self.lessons, judging = _remembering(
            wanted, memory, clock, secret, registered, ours
        )
        checks: list[Check] = [SizeCheck(settings.reception.max_message_size), PostmasterCheck(ours), lists]
        self._places: Places | None = None
        if wanted.country.database:
            self._places = Places(wanted.country.database, monotonic)
            checks.append(CountryCheck(wanted.country, self._places))
        self._healths: list[ListHealth] = []
        if wanted.dnsbl.list:
            health = ListHealth(wanted.dnsbl, resolver, clock, monotonic, told)
            self._healths.append(health)
            checks.append(DnsblCheck(wanted.dnsbl, resolver, health, monotonic))
        if wanted.reverse_name.enabled:
            checks.append(ReverseNameCheck(resolver, monotonic))
        if wanted.helo.enabled:
            names = [domain.name for domain in domains]
            checks.append(HeloCheck(settings.host, names, resolver, monotonic))
        if wanted.identity.spf:
            checks.append(SpfCheck(settings.host, budgeted, clock))
        if wanted.reputation.enabled:
            checks.append(ReputationCheck(wanted.reputation, memory, clock))
        if wanted.greylist.mode != "off":
            checks.append(
                GreylistCheck(
                    wanted.greylist,
                    memory,
                    clock,
                    registered,
                    correspondents,
                    suspicious=_weighing(rules),
                    spared=_sparing(rules),
                )
            )
        if wanted.identity.dkim:
            checks.append(
                MessageCheck(
                    budgeted=budgeted,
                    clock=clock,
                    suffixes=suffixes,
                    ours=ours,
                    resembles=_resembles(domains),
                    trusted=wanted.identity.trusted_forwarders,
                    lists=lists,
                )
            )
        checks += [StructureCheck(), HeaderCheck(clock)]
        self._inspectors: InspectorPool | None = None
        checks.append(
            self._inspecting(wanted, Poison(memory, clock, wanted.inspection.poison), monotonic, checks)
        )
        self._virus: VirusCheck | None = None
        if wanted.virus is None:
            checks.append(NoVirusCheck())
        else:
            self._virus = VirusCheck(wanted.virus, dial, monotonic)
            checks.append(self._virus)
        self._engines = engines_of(wanted, dial, monotonic)
        checks += [EngineCheck(engine, monotonic) for engine in self._engines]
        if wanted.links.enabled:
            health = ListHealth(wanted.links, resolver, clock, monotonic, told)
            if wanted.links.list:
                self._healths.append(health)
            judging = [
                *judging,
                _links(wanted, resolver, health, monotonic, registered, ours, domains, contacts),
            ]
        judging = [*judging, *_reading(wanted, settings, monotonic)]
        self.checks = Checks(checks, judging)

    def _inspecting(
        self, wanted: ChecksSettings, poison: Poison, monotonic: Callable[[], float], checks: list[Check]
    ) -> Check:
        """Make the check of files, and the inspectors that it asks."""
        if not wanted.inspection.enabled:
            return NoInspection()
        yara = _yara(wanted.yara, checks) if wanted.yara.rules else None
        self._inspectors = InspectorPool(wanted.inspection, yara)
        return InspectionCheck(
            wanted.files,
            self._inspectors,
            poison,
            monotonic,
            passwords=passwords_in if wanted.inspection.try_passwords else None,
            whole=yara is not None,
        )

    async def watch(self) -> None:
        """Look after the health of the blocklists until cancelled."""
        await asyncio.gather(*map(_watched, self._healths))

    def close(self) -> None:
        """Close what the checks keep open."""
        if self._virus is not None:
            self._virus.close()
        for engine in self._engines:
            engine.close()
        if self._inspectors is not None:
            self._inspectors.close()
        if self._places is not None:
            self._places.close()


def _yara(settings: YaraSettings, checks: list[Check]) -> Compiled | None:
    """Compile the YARA rules; where they cannot be used, a check says so of each message."""
    from gatepost.checks.content.yara import Faulty, FaultyRules, compiled

    match compiled(settings):
        case Faulty() as faulty:
            checks.append(FaultyRules(faulty))
            return None
        case rules:
            return rules


def _remembering(
    wanted: ChecksSettings,
    memory: Memory,
    clock: Clock,
    secret: bytes,
    registered: Registered,
    ours: Callable[[str], bool],
) -> tuple[Correspondents | None, Contacts | None, Lessons, Sequence[Check]]:
    """Put together what is learned from each message, and the checks that judge by it what the others found.

    They make a wave of their own: whose standing counts, and whose acquaintance, is known when signatures are.
    """
    judging: list[Check] = []
    reputation = correspondents = contacts = domains = None
    if wanted.reputation.enabled:
        reputation = Reputation(wanted.reputation, memory, clock)
        judging.append(SignerReputationCheck(wanted.reputation, memory, clock, registered))
    if wanted.correspondents.enabled:
        correspondents = Correspondents(wanted.correspondents, memory, clock, secret, ours)
        judging.append(CorrespondentsCheck(correspondents, registered))
    if wanted.correspondents.enabled and wanted.identity.dkim:
        contacts = Contacts(wanted.correspondents.remember_days, memory, clock)
        judging.append(ContactsCheck(contacts, ours))
    if wanted.new_domains.enabled and wanted.identity.dkim:
        domains = KnownDomains(wanted.new_domains, memory, clock, registered, ours)
        judging.append(NewDomainCheck(domains, clock))
    lessons = Lessons(reputation, correspondents, contacts, domains, registered)
    return correspondents, contacts, lessons, judging


async def _watched(health: ListHealth) -> None:
    while True:  # noqa: ASYNC110 - it is the time that is waited for
        await asyncio.sleep(await health.look())


def _reading(wanted: ChecksSettings, settings: Settings, monotonic: Callable[[], float]) -> list[Check]:
    """Make the checks that read what a person reads."""
    reading: list[Check] = []
    if wanted.text.rule:
        reading.append(TextRulesCheck(wanted.text, monotonic))
    if wanted.spam.enabled:
        reading.append(SpamCheck(wanted.spam, settings.data_dir))
    return reading


def _links(
    wanted: ChecksSettings,
    resolver: Resolver,
    health: ListHealth,
    monotonic: Callable[[], float],
    registered: Callable[[str], str],
    ours: Callable[[str], bool],
    domains: Domains,
    contacts: Contacts | None,
) -> LinksCheck:
    return LinksCheck(
        wanted.links,
        resolver,
        health,
        monotonic,
        registered=registered,
        ours=ours,
        resembles=_resembles(domains),
        contacts=contacts,
    )


def _weighing(rules: Rules) -> Callable[[Finding], bool]:
    """Tell what makes a session suspicious: something found that the rules let count against it."""

    def weighs(finding: Finding) -> bool:
        rule = rules.find(finding.what)
        return finding.result is Result.FOUND and rule is not None and (finding.score or rule.score) > 0

    return weighs


def _sparing(rules: Rules) -> Callable[[Finding], bool]:
    """Tell what spares a session the wait: something found that the rules let speak for it."""

    def spares(finding: Finding) -> bool:
        rule = rules.find(finding.what)
        if finding.result is not Result.FOUND or rule is None:
            return False
        return rule.accept or (finding.score or rule.score) < 0

    return spares


def _resembles(domains: Domains) -> Resembles:
    """Compare with the domains that we take mail for."""
    known = Known([a_labels(domain.name) for domain in domains if domain.name != ANY])

    def words(domain: str) -> str:
        found = resembles(domain, known)
        return found.reason if found is not None else ""

    return words
