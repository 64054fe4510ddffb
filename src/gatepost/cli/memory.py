"""How verbs ask the memory: beside the running gateway or without one, through the same store.

Knows where the memory is, not what is in it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from gatepost.checks.connection.named import BadName, Named, read
from gatepost.checks.memory import Memory, Unavailable
from gatepost.cli.options import Bad
from gatepost.gateway.memory import EmbeddedMemory
from gatepost.gateway.memory.file import FILE

T = TypeVar("T")

data_dir_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the memory lives. Default: as the settings say.",
)


class NamedArgument(click.ParamType[Named]):
    """An IP address, a network, a domain, or a mail address."""

    name = "what"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Named:
        """Read what a person wrote."""
        if isinstance(value, Named):
            return value
        named = read(str(value))
        if isinstance(named, BadName):
            self.fail(named.why, param, ctx)
        return named


def ask(directory: Path, question: Callable[[Memory], Awaitable[T | Unavailable]]) -> T:
    """Ask the memory of a data directory. Raises Bad where there is none, or it cannot answer."""
    if not (directory / FILE).exists():
        raise Bad(f"no gateway has remembered anything in {directory}; name the folder with --data-dir")

    async def answer() -> T | Unavailable:
        memory = EmbeddedMemory(directory, time.time, asyncio.get_running_loop())
        try:
            return await question(memory)
        finally:
            memory.close()

    found = asyncio.run(answer())
    if isinstance(found, Unavailable):
        raise Bad(f"the memory in {directory} does not answer: {found.reason}")
    return found


def minute(moment: float) -> str:
    """Write a moment for people, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def print_json(value: object) -> None:
    """Print what a program reads."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def rfc3339(moment: float) -> str:
    """Write a moment for programs (RFC 3339, UTC)."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
