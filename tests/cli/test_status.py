"""`gatepost status` says what is well and what is not, beside the gateway and without one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from gatepost.cli.status import status as show
from gatepost.gateway.dmarc import sent
from tests.delivery.next_hop import NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway, to_toml

CONTENT = b"Subject: One\r\n\r\nText.\r\n"


def status(gateway: Gateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gatepost", "status", "-c", str(gateway.config), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_gateway_that_runs_well_says_so_and_one_that_is_gone_is_missed(
    free_port: Callable[[], int],
) -> None:
    with NextHop() as hop:
        settings = {"domain": [{"name": "ours.test", "next_hop": [hop.address]}]}
        gateway = Gateway(free_port(), settings=settings)
        with gateway:
            with Client(gateway.port) as client:
                client.send("a@client.test", ("b@ours.test",), CONTENT)
            wait_until(lambda: len(hop.messages) == 1)
            wait_until(lambda: json.loads(status(gateway, "--json").stdout)["counts"]["delivered"] == 1)
            well = status(gateway)
            assert well.returncode == 0, well.stdout
            assert "Gatepost runs (process" in well.stdout
            assert "1 messages taken, 0 refused, 0 put off" in " ".join(well.stdout.split())
            assert "All is well." in well.stdout


@pytest.mark.parametrize("as_json", [True, False])
def test_what_is_out_of_order_is_said_in_a_sentence(free_port: Callable[[], int], as_json: bool) -> None:
    settings = {"checks": {"virus": {"address": "127.0.0.1:9"}}}
    with Gateway(free_port(), settings=settings) as gateway:
        with Client(gateway.port) as client:
            client.send("a@client.test", ("b@ours.test",), CONTENT)
        if as_json:
            wait_until(lambda: "virus" in json.loads(status(gateway, "--json").stdout)["outages"])
        done = status(gateway, *(["--json"] if as_json else []))
        assert done.returncode == 1
        assert "the virus check cannot look, 1 times" in " ".join(done.stdout.split())
        os.kill(gateway.pid, signal.SIGTERM)
        wait_until(lambda: "no gateway runs on" in " ".join(status(gateway).stdout.split()))


DAY = 1_795_737_600


def told(folder: Path, *arguments: str, **settings: object) -> str:
    path = folder / "gatepost.toml"
    path.write_text(to_toml({"data_dir": str(folder / "data"), **settings}))
    return CliRunner().invoke(show, [*arguments, "-c", str(path)]).output


def test_the_last_reports_are_told_with_how_many_went(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sent.opened(tmp_path / "data/dmarc/sent", DAY) as log:
        log.add(sent.Finished(DAY + 90_000.0, 12, 3))
    assert "12 DMARC reports of 2026-11-27 sent, 3 could not go to anyone" in " ".join(told(tmp_path).split())
    reports = json.loads(told(tmp_path, "--json"))["dmarc_reports"]
    assert (reports["day"], reports["sent"], reports["unsent"]) == ("2026-11-27", 12, 3)


def test_what_keeps_reports_from_being_sent_is_told(tmp_path: Path) -> None:
    settings = {"domain": [{"name": "ours.test"}], "dmarc": {"reports_from": "a@ours.test"}}
    output = " ".join(told(tmp_path, **settings).split())
    assert "no DMARC reports were sent yet" in output
    assert 'name one for the domain "*"' in output
