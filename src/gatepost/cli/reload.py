"""`gatepost reload`: let the running gateway read its settings again."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import click

from gatepost.cli.options import Bad, settings_of
from gatepost.cli.options import config as config_option


@click.command()
@config_option
def reload(config: Path | None) -> None:
    """Check the settings, then tell the running gateway to use them; bad settings change nothing."""
    from gatepost.gateway.supervisor import running_pid

    settings = settings_of(config)
    pid = running_pid(settings.data_dir)
    if not pid:
        raise Bad(f'no gateway runs on {settings.data_dir}; start one with "gatepost run"')
    os.kill(pid, signal.SIGHUP)
    click.echo(f"Told the gateway (process {pid}); its log says when the new settings are in force.")
