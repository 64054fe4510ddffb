"""`gatepost run`: the gateway, in the foreground."""

from __future__ import annotations

import logging
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.options import config as config_option
from gatepost.cli.options import settings_of

if TYPE_CHECKING:
    from gatepost.gateway.settings import Settings


@click.command()
@config_option
def run(config: Path | None) -> None:
    """Run the gateway in the foreground; Ctrl-C or SIGTERM stops it.

    Without any settings it takes mail on 127.0.0.1:2525 for any recipient, checks it and HOLDS it, and shows
    what happens at http://127.0.0.1:8025/. Nothing leaves until a next hop is named: see "gatepost init".
    """
    from gatepost.gateway.supervisor import StartError, Supervisor

    settings = settings_of(config)
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(message)s", level=logging.INFO)
    try:
        Supervisor(settings, lambda: _again(config), _pages).run()
    except StartError as error:
        raise click.ClickException(str(error)) from None


def _again(config: Path | None) -> Settings:
    from gatepost.gateway.settings import load

    return load(config)


def _pages(settings: Settings, sock: socket.socket) -> None:
    from gatepost.gateway.dmarc.overview import Overview, overview
    from gatepost.web.app import create_app
    from gatepost.web.server import serve

    def reports(since: float) -> Overview | None:
        return overview(settings, since) if settings.dmarc.reports_to else None

    app = create_app(settings.journal_dir, settings.spool_dir, time.time, settings.web.address, reports)
    serve(sock, app)
