from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.policy import policy
from gatepost.policy.known import KNOWN


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "gatepost.toml"
    path.write_text('[policy.findings]\nvirus-unavailable = { action = "mark", score = 2.5 }\n')
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(policy, arguments)


def test_the_table_holds_every_finding_with_its_choice(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    lines = run("-c", str(tmp_path / "empty.toml")).output.splitlines()
    for known in KNOWN.values():
        assert any(line.split()[:2] == [known.finding, known.choice] for line in lines), known.finding
    assert max(map(len, lines)) <= 80


def test_what_the_settings_changed_has_a_star_and_its_score(settings: Path) -> None:
    [line] = [line for line in run("-c", str(settings)).output.splitlines() if "virus-unavailable" in line]
    assert line.split()[:3] == ["virus-unavailable", "mark", "*+2.5"]


@pytest.mark.parametrize("name", KNOWN)
def test_one_finding_is_shown_in_full(name: str, settings: Path) -> None:
    output = " ".join(run(name, "-c", str(settings)).output.split())
    assert KNOWN[name].means in output
    assert KNOWN[name].because in output
    assert ", ".join(KNOWN[name].choices()) in output


def test_json_tells_the_usual_choice_and_the_one_of_the_settings(settings: Path) -> None:
    one = json.loads(run("virus-unavailable", "--json", "-c", str(settings)).output)
    assert (one["choice"], one["usual"], one["score"], one["entry"]) == ("mark", "defer", 2.5, "")
    listed = json.loads(run("--json", "-c", str(settings)).output)
    assert [row["finding"] for row in listed] == list(KNOWN)


def test_an_unknown_finding_names_the_nearest() -> None:
    done = run("virus-fuond")
    assert done.exit_code == 1
    assert "did you mean virus-found?" in done.stderr
