"""`gatepost reputation` shows standings day by day, the worst first, and forgets them on request."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.checks.connection.memory_settings import ReputationSettings
from gatepost.checks.connection.reputation import Reputation, Verdict
from gatepost.checks.memory import Memory
from gatepost.cli.reputation import reputation
from tests.cli.test_greylist import with_memory


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    async def use(memory: Memory) -> None:
        standings = Reputation(ReputationSettings(), memory, time.time)
        keys = ("spf=a.example", "client=192.0.2.7", "net=192.0.2.0/24")
        for verdict in [Verdict(accepted=False, causes=("virus-found",))] * 9 + [Verdict(accepted=True)] * 3:
            standings.learn(keys, verdict)
        standings.learn(("client=198.51.100.1",), Verdict(accepted=True))
        for _ in range(20):
            standings.learn(("dkim=good.example", "dmarc=good.example"), Verdict(accepted=True))

    with_memory(tmp_path, use)
    return tmp_path


def run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(reputation, [*arguments, "--data-dir", str(data_dir)])


def test_the_list_has_those_enough_is_known_of(data_dir: Path) -> None:
    lines = run(data_dir, "list").output.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["28", "192.0.2.7"],
        ["28", "192.0.2.0/24"],
        ["28", "a.example"],
        ["95", "good.example"],
        ["95", "good.example"],
    ]
    assert lines[0].endswith("(address): 9 of 12 messages refused in 1 day: 9 virus-found")
    assert len(json.loads(run(data_dir, "list", "--json", "--limit", "2").output)) == 2


def test_what_is_known_of_a_domain_is_told_by_how_it_was_proven(data_dir: Path) -> None:
    assert [row["kind"] for row in json.loads(run(data_dir, "show", "good.example", "--json").output)] == [
        "dkim",
        "dmarc",
    ]
    (line,) = run(data_dir, "list", "--kind", "dmarc").output.splitlines()
    assert line.split(":")[0] == " 95  good.example (author's domain, vouched for by DMARC and DKIM)"
    assert run(data_dir, "list", "--kind", "nothing").exit_code == 2


def test_an_address_is_shown_with_its_network_day_by_day(data_dir: Path) -> None:
    shown = run(data_dir, "show", "192.0.2.7").output
    assert "192.0.2.7 (address)" in shown
    assert "192.0.2.0/24 (network)" in shown
    assert "3 taken, 9 refused, 9 virus-found" in shown
    address, network = json.loads(run(data_dir, "show", "192.0.2.7", "--json").output)
    assert (address["kind"], address["score"], address["band"]) == ("client", 28, "delay")
    assert (address["messages"], address["refused"], address["causes"]) == (12, 9, {"virus-found": 9})
    assert network["identity"] == "192.0.2.0/24"
    assert [(day["accepted"], day["refused"]) for day in network["days"]] == [(3, 9)]


def test_what_is_forgotten_is_gone(data_dir: Path) -> None:
    assert run(data_dir, "forget", "a.example").output == "Forgot a.example (domain, vouched for by SPF).\n"
    again = run(data_dir, "forget", "a.example")
    assert (again.exit_code, again.output) == (1, "Error: nothing is known of a.example\n")
    assert json.loads(run(data_dir, "forget", "192.0.2.7", "--json").output) == ["192.0.2.7", "192.0.2.0/24"]
    assert run(data_dir, "forget", "good.example").output.splitlines() == [
        "Forgot good.example (domain, vouched for by DKIM).",
        "Forgot good.example (author's domain, vouched for by DMARC and DKIM).",
    ]
    assert run(data_dir, "list").output == "Of nobody enough is known yet.\n"


def test_of_whom_nothing_is_known_is_status_1(data_dir: Path) -> None:
    assert run(data_dir, "show", "203.0.113.1").exit_code == 1
    done = run(data_dir, "show", "b.example", "--json")
    assert (done.exit_code, json.loads(done.output)) == (1, [])
    assert run(data_dir, "forget", "b.example", "--json").exit_code == 1
