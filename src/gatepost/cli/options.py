"""Options and errors that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings

config = click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file. Default: ./gatepost.toml if there is one, else the built-in defaults.",
)


class Bad(click.ClickException):
    """The thing asked about is bad: exit status 1."""

    exit_code = 1


def settings_of(config: Path | None) -> Settings:
    """Load the settings for a verb; a bad file ends the command with exit status 2 and every fault named."""
    from gatepost.gateway.settings import SettingsError, load

    try:
        return load(config)
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
