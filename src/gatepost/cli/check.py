"""`gatepost check`: the settings, and what they point at."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gatepost.cli.options import config as config_option
from gatepost.cli.options import settings_of

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings

_SECONDS: Final = 5.0
Verdict = tuple[str, str]


@click.command()
@config_option
def check(config: Path | None) -> None:
    """Check the settings: unknown keys, next hops that do not answer, certificates, DKIM keys, scanner, rights.

    Exit status 1 when something is wrong that would cost mail.
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
    if any(domain.dkim for domain in settings.domain):
        from gatepost.cli.dkim import verdicts_of

        for good, words in asyncio.run(verdicts_of(settings)):
            yield "ok" if good else "BAD", words
    virus = settings.checks.virus
    if virus is None:
        yield "note", "no virus scanner is named (checks.virus.address): messages are not checked for viruses"
    else:
        yield _reach(
            f"virus scanner {virus.address}", virus.address.removeprefix("unix:"), "mail is deferred"
        )


def _next_hops(settings: Settings) -> Iterator[Verdict]:
    from gatepost.delivery.routes import parse_next_hop

    for domain in settings.domain:
        if not domain.next_hop:
            yield "note", f"mail for {domain.name} is held: it has no next_hop"
        for text in domain.next_hop:
            hop = parse_next_hop(text)
            yield _reach(f"next hop {hop} of {domain.name}", hop.path or str(hop), "mail waits in the spool")


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
