"""`gatepost dkim`: make keys to sign with, show what to publish, and see whether DNS has it."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings
    from gatepost.mailauth.dkim.keypair import PrivateKey


@click.group()
def dkim() -> None:
    """Make DKIM keys and see whether the world can verify with them.

    To begin, or to change a key:

    \b
    gatepost dkim new example.org     writes a key, shows the record and the setting
    publish the record                in the DNS of the domain
    gatepost dkim check               once the setting is in gatepost.toml
    gatepost reload                   from now on mail is signed

    Leave the record of an old key in DNS for a week: mail that it signed may still be on its way.
    """  # noqa: D301 - click wants the character itself


@dkim.command()
@click.argument("domain")
@click.option("--selector", help="The key's name in DNS. Default: the date, such as gp20261128.")
@click.option(
    "--ed25519", is_flag=True, help="An Ed25519 key instead of RSA 2048; use it beside an RSA key only."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Where the key's file is written. Default: here.",
)
def new(domain: str, selector: str | None, ed25519: bool, folder: Path) -> None:
    """Make a key for DOMAIN, and show the record to publish and the setting to add."""
    from gatepost.mail.path import is_domain
    from gatepost.mailauth.dkim.keypair import (
        key_record,
        new_ed25519_key,
        new_rsa_key,
        write_private_key,
        zone_line,
    )
    from gatepost.policy.domains import a_labels

    name = a_labels(domain)
    if not is_domain(name) or "." not in name:
        raise click.UsageError(f'{domain!r} is not a domain; write one like "example.org"')
    selector = selector or f"gp{datetime.now(UTC):%Y%m%d}"
    if not is_domain(selector):
        raise click.UsageError(f'{selector!r} cannot be a selector; write one like "s1"')
    path = folder / f"{name}.{selector}.pem"
    key: PrivateKey = new_ed25519_key() if ed25519 else new_rsa_key()
    try:
        # Nobody else may read it at any moment, and an old key is never overwritten.
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Bad(f"{path} is there already; take another --selector for a new key") from None
    except OSError as error:
        raise Bad(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(fd, "wb") as file:
        file.write(write_private_key(key))
    click.echo(f"The key is in {path}, readable for you alone; the gateway's user must be able to read it.")
    click.echo("\nPublish this in the DNS of the domain:\n")
    click.echo(zone_line(name, selector, key_record(key)))
    click.echo(f'\nAdd to [[domain]] name = "{domain}" in gatepost.toml:\n')
    click.echo(f'dkim = [{{ selector = "{selector}", key = "{path.absolute()}" }}]')
    click.echo("\nThen: gatepost dkim check, and when it is content: gatepost reload")


@dkim.command()
@config_option
def check(config: Path | None) -> None:
    """Compare the keys of the settings with what DNS says. Exit status 1 when one does not fit."""
    settings = settings_of(config)
    if not any(domain.dkim for domain in settings.domain):
        click.echo("No domain of the settings has a key; make one with: gatepost dkim new DOMAIN")
        return
    verdicts = asyncio.run(verdicts_of(settings))
    for good, words in verdicts:
        mark = click.style("  ok", fg="green") if good else click.style(" BAD", fg="red")
        click.echo(f"{mark}  {words}")
    if not all(good for good, _ in verdicts):
        raise SystemExit(1)


async def verdicts_of(settings: Settings) -> list[tuple[bool, str]]:
    """Say of each key of the settings whether DNS lets others verify with it, and what to do where not."""
    from gatepost.gateway.keys import read_key_file
    from gatepost.gateway.resolver import DnsResolver
    from gatepost.mailauth.dkim.keypair import BadPrivateKey, key_record
    from gatepost.policy.domains import a_labels

    verdicts = []
    sealer = a_labels(settings.checks.identity.sealer)
    resolver = DnsResolver(settings.dns, time.time)
    try:
        for domain in settings.domain:
            unsealed = a_labels(domain.name) == sealer
            for wanted in domain.dkim:
                name = f"{wanted.selector}._domainkey.{a_labels(domain.name)}"
                key = read_key_file(wanted.key)
                if isinstance(key, BadPrivateKey):
                    verdicts.append((False, f"{name}: the key {wanted.key} {key.why}"))
                    continue
                # As gateway.keys.sealer_of has it, the first that can be read seals.
                told, unsealed = f"{name} (it seals too)" if unsealed else name, False
                record = key_record(key)
                answer = await resolver.ask(name, "TXT")
                if answer.failed:
                    verdicts.append((False, f"{told}: DNS cannot be asked: {answer.reason}"))
                elif not answer.found:
                    verdicts.append((False, f"{told} is not in DNS; publish: {record}"))
                elif any(_public(text) == _public(record) for text in answer.records):
                    verdicts.append((True, f"{told} fits {wanted.key}"))
                else:
                    verdicts.append((False, f"{told} holds another key; publish: {record}"))
    finally:
        resolver.close()
    return verdicts


def _public(record: str) -> str:
    """Take the public key out of a record."""
    from gatepost.mailauth.taglist import BadTags, parse_tags, without_blanks

    tags = parse_tags(record)
    return "" if isinstance(tags, BadTags) else without_blanks(tags.get("p", ""))
