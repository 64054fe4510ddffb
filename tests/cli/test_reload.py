from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from gatepost.cli.reload import reload
from tests.delivery.next_hop import wait_until
from tests.peers.gateway import Gateway


def test_the_running_gateway_is_told_and_bad_settings_are_not_even_sent(free_port: Callable[[], int]) -> None:
    with Gateway(free_port()) as gateway:
        config = gateway.config
        done = CliRunner().invoke(reload, ["-c", str(config)])
        assert done.exit_code == 0
        assert f"Told the gateway (process {gateway.pid})" in done.output
        assert wait_until(lambda: "new settings are in force" in gateway.output.read_text())
        before = gateway.output.read_text()
        config.write_text(config.read_text() + "hots = 1\n")
        bad = CliRunner().invoke(reload, ["-c", str(config)])
        assert bad.exit_code == 2
        assert "hots is not a setting; did you mean 'host'?" in bad.stderr
        assert gateway.output.read_text() == before


def test_where_no_gateway_runs_it_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "gatepost.toml").write_text("")
    done = CliRunner().invoke(reload, ["-c", str(tmp_path / "gatepost.toml")])
    assert done.exit_code == 1
    assert done.stderr == (
        f'Error: no gateway runs on {tmp_path}/gatepost-data; start one with "gatepost run"\n'
    )
