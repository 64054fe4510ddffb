"""`gatepost check`: the settings, and what they point at."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gatepost.cli.options import config as config_option
from gatepost.cli.options import settings_of

if TYPE_CHECKING:
    from gatepost.checks.connection.list_health import HealthChange, Watching
    from gatepost.gateway.settings import Settings
    from gatepost.mail.dns import Resolver

_EXISTS: Final = "example.org"
_ABSENT: Final = "gatepost-check.invalid"
_SECONDS: Final = 5.0
Verdict = tuple[str, str]


@click.command()
@config_option
def check(config: Path | None) -> None:
    """Check the settings: unknown keys, next hops, certificates, DNS and its blocklists, DKIM keys, engines, rights.

    DNS is asked for a name that there is and one that there is not, and each list once about its test points: it
    tells when a list refuses the resolver, as many do with public ones.

    Exit status 1 when something is wrong that would cost mail, or leave out what you asked for.
    """
    settings = settings_of(config)
    bad = 0
    for mark, words in _verdicts(settings):
        colour = {"ok": "green", "note": "yellow", "BAD": "red"}[mark]
        click.echo(f"{click.style(f'{mark:>4}', fg=colour)}  {words}")
        bad += mark == "BAD"
    if bad:
        raise SystemExit(1)


def _verdicts(settings: Settings) -> Iterator[Verdict]:
    yield "ok", "the settings can be read"
    yield _data_dir(settings)
    for listener in settings.listener:
        if listener.tls is not None:
            yield _certificate(listener.address, listener.tls.certificate, listener.tls.key)
        elif not listener.address.startswith(("127.", "[::1]")):
            yield "note", f"listener {listener.address} has no tls: mail comes in plain text"
    yield from _next_hops(settings)
    yield from asyncio.run(_dns(settings))
    if any(domain.dkim for domain in settings.domain):
        from gatepost.cli.dkim import verdicts_of

        for good, words in asyncio.run(verdicts_of(settings)):
            yield "ok" if good else "BAD", words
    if settings.dmarc.reports_from:
        yield _reports(settings)
    if settings.dmarc.reports_to:
        yield from asyncio.run(_asked_for(settings))
    virus = settings.checks.virus
    if virus is None:
        yield "note", "no virus scanner is named (checks.virus.address): messages are not checked for viruses"
    else:
        yield _reach(
            f"virus scanner {virus.address}", virus.address.removeprefix("unix:"), "mail is deferred"
        )
    yield from asyncio.run(_engines(settings))
    if settings.checks.yara.rules:
        yield _yara(settings)


async def _engines(settings: Settings) -> list[Verdict]:
    """Ask each engine once whether it is well."""
    from gatepost.gateway.compose import dial
    from gatepost.gateway.engines import engines_of
    from gatepost.policy.known import KNOWN

    verdicts: list[Verdict] = []
    for engine in engines_of(settings.checks, dial, time.monotonic):
        outage = await engine.health()
        if outage is None:
            verdicts.append(("ok", f"{engine.label} answers"))
        else:
            found = f"{engine.name}-unavailable"
            wanted = settings.policy.treatments().get(found)
            choice = wanted.choice if wanted is not None else KNOWN[found].choice
            words = f"{engine.label} does not answer as it should: {outage.reason}"
            verdicts.append(("BAD", f"{words}; until then each message has {found} ({choice})"))
        engine.close()
    return verdicts


def _yara(settings: Settings) -> Verdict:
    from gatepost.checks.content.yara import Faulty, compiled

    if not settings.checks.inspection.enabled:
        return "BAD", "checks.yara names rules, but checks.inspection is off: nothing is matched"
    match compiled(settings.checks.yara):
        case Faulty(sentence):
            return "BAD", f"no YARA rule is matched until this is mended: {sentence}"
        case rules:
            return "ok", f"{rules.count:,} YARA rules can be used"


def _next_hops(settings: Settings) -> Iterator[Verdict]:
    from gatepost.delivery.routes import parse_next_hop

    for domain in settings.domain:
        if not domain.next_hop:
            yield "note", f"mail for {domain.name} is held: it has no next_hop"
        for text in domain.next_hop:
            hop = parse_next_hop(text)
            yield _reach(f"next hop {hop} of {domain.name}", hop.path or str(hop), "mail waits in the spool")


async def _dns(settings: Settings) -> list[Verdict]:
    """Ask the resolver, and through it the test points of each list."""
    from gatepost.gateway.resolver import DnsResolver
    from gatepost.policy.domains import ANY, a_labels

    resolver = DnsResolver(settings.dns, time.time)
    try:
        servers = " and ".join(f"{host}:{port}" for host, port in resolver.servers)
        ours = next((a_labels(domain.name) for domain in settings.domain if domain.name != ANY), _EXISTS)
        there, absent = await asyncio.gather(resolver.ask(ours, "MX"), resolver.ask(_ABSENT, "A"))
        if there.failed and absent.failed:
            words = f"DNS at {servers} does not answer: {absent.reason}; SPF, DKIM and all lists stay unknown"
            return [("BAD", f"{words}; name a resolver that works in dns.nameservers")]
        verdicts = [("ok", f"DNS at {servers} answers")]
        if absent.found:
            # RFC 6761 §6.4: there is nothing below "invalid".
            made_up = ", ".join(absent.records)[:60]
            words = f"DNS at {servers} makes up addresses for names that do not exist ({made_up})"
            verdicts = [("BAD", f"{words}; name another resolver in dns.nameservers")]
        if there.failed:
            words = f"DNS at {servers} does not tell of {ours}: {there.reason}"
            verdicts.append(("BAD", f"{words}; see whether the name servers of the domain answer"))
        return verdicts + await _lists(settings, resolver)
    finally:
        resolver.close()


async def _lists(settings: Settings, resolver: Resolver) -> list[Verdict]:
    verdicts: list[Verdict] = []
    for wanted in (settings.checks.dnsbl, settings.checks.links):
        verdicts += await _lists_of(wanted, resolver)
    return verdicts


async def _lists_of(wanted: Watching, resolver: Resolver) -> list[Verdict]:
    from gatepost.checks.connection.list_codes import remedy
    from gatepost.checks.connection.list_health import ListHealth

    told: list[HealthChange] = []
    health = ListHealth(wanted, resolver, time.time, time.monotonic, told.append)
    await health.look()
    verdicts: list[Verdict] = []
    for each in wanted.list:
        proven = [await health.believed(each.label, version) for version in each.versions]
        wrong = next((change.reason for change in told if change.list == each.label and not change.well), "")
        if not wrong and not all(proven):
            wrong = "it does not answer about its test points"
        if wrong:
            verdicts.append(("BAD", f"list {each.label} is left out: {wrong}; {remedy(wrong)}"))
        else:
            verdicts.append(("ok", f"list {each.label} answers rightly about its test points"))
    return verdicts


def _reports(settings: Settings) -> Verdict:
    from gatepost.gateway.dmarc.outgoing import Shut, door_of
    from gatepost.policy.domains import Domains

    sender = settings.dmarc.reports_from
    door = door_of(settings)
    if isinstance(door, Shut):
        return "note", door.why
    domain = Domains(settings.domain).named(settings.dmarc.domain)
    if domain is None or not domain.dkim:
        return (
            "note",
            f"DMARC reports from {sender} are not signed: name a DKIM key for {settings.dmarc.domain}",
        )
    return "ok", f"DMARC reports from {sender} have a way out, by {door.host}:{door.port}"


async def _asked_for(settings: Settings) -> list[Verdict]:
    """Compare the addresses that take reports with those that our DMARC records name."""
    from gatepost.gateway.resolver import DnsResolver
    from gatepost.mailauth.dmarc.record import parse_record
    from gatepost.policy.domains import ANY, a_labels

    wanted = {f"mailto:{address}" for address in settings.dmarc.reports_to}
    found: list[Verdict] = []
    with contextlib.closing(DnsResolver(settings.dns, time.time)) as resolver:
        for name in [a_labels(domain.name) for domain in settings.domain if domain.name != ANY]:
            answer = await resolver.ask(f"_dmarc.{name}", "TXT")
            records = [record for text in answer.records if (record := parse_record(text)) is not None]
            named = {place.uri.lower() for record in records for place in record.rua}
            if answer.failed:
                found.append(("note", f"_dmarc.{name} cannot be asked: {answer.reason}"))
            elif not records:
                found.append(("note", f"{name} has no DMARC record of its own at _dmarc.{name}"))
            elif named.isdisjoint(wanted):
                address = min(wanted)
                found.append(
                    ("note", f"no reports about {name} come here: its DMARC record lacks rua={address}")
                )
            else:
                found.append(("ok", f"the DMARC record of {name} asks for reports that come here"))
    return found


def _reach(what: str, target: str, without: str) -> Verdict:
    try:
        if target.startswith("/"):
            with socket.socket(socket.AF_UNIX) as sock:
                sock.settimeout(_SECONDS)
                sock.connect(target)
        else:
            host, _, port = target.rpartition(":")
            socket.create_connection((host.strip("[]"), int(port)), _SECONDS).close()
    except OSError as error:
        return "BAD", f"{what} cannot be reached: {error.strerror or error}; {without} until it can"
    return "ok", f"{what} answers"


def _data_dir(settings: Settings) -> Verdict:
    directory = settings.data_dir
    place = directory if directory.exists() else directory.absolute().parent
    if not os.access(place, os.W_OK | os.X_OK):
        return "BAD", f"data_dir {directory} cannot be written by this user"
    space = os.statvfs(place)
    free = space.f_bavail * space.f_frsize
    if free < settings.spool.min_free:
        return (
            "BAD",
            f"data_dir {directory} has {free >> 20} MiB free, less than spool.min_free: no mail is taken",
        )
    return "ok", f"data_dir {directory} has {free >> 20} MiB free"


def _certificate(address: str, certificate: Path, key: Path) -> Verdict:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        return "BAD", f"listener {address}: certificate {certificate} with key {key} cannot be used: {error}"
    return "ok", f"listener {address}: certificate and key fit"
