"""`gatepost learn`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.learn import learn
from tests.checks.content.classifier.letters import letter


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    for kind in ("spam", "ham"):
        (tmp_path / kind).mkdir()
        for number in range(3):
            (tmp_path / kind / str(number)).write_bytes(letter(kind == "spam", number))
    return tmp_path


def run(mail: Path, *arguments: str) -> Result:
    return CliRunner().invoke(learn, [*arguments, "--data-dir", str(mail / "data")])


def test_it_learns_counts_once_and_takes_back(mail: Path) -> None:
    assert run(mail, "spam", str(mail / "spam")).output == (
        "3 messages learned as spam, 0 of them known as ham before; 0 known already.\n"
    )
    assert run(mail, "spam", str(mail / "spam/0")).output == (
        "0 messages learned as spam, 0 of them known as ham before; 1 known already.\n"
    )
    assert run(mail, "ham", str(mail / "spam/0")).output == (
        "1 message learned as ham, 1 of them known as spam before; 0 known already.\n"
    )
    assert run(mail, "ham", "--undo", str(mail / "spam/0"), str(mail / "ham/0")).output == (
        "1 message taken back; 1 had not been learned as ham.\n"
    )


def test_status_tells_counts_and_versions_and_whether_that_is_enough(mail: Path) -> None:
    empty = run(mail, "status")
    assert empty.exit_code == 1
    assert "Learned from 0 spam and 0 other messages." in empty.output
    run(mail, "spam", str(mail / "spam"))
    run(mail, "ham", str(mail / "ham"))
    told = run(mail, "status", "--json")
    status = json.loads(told.output)
    assert (status["spam"], status["ham"], status["judges"]) == (3, 3, False)
    assert [version["number"] for version in status["versions"]] == [2, 1]
    assert "judges from 50 messages of each kind on" in run(mail, "status").output


def test_status_is_good_when_it_judges(mail: Path) -> None:
    config = mail / "gatepost.toml"
    config.write_text("[checks.spam]\nleast = 2\n")
    run(mail, "spam", str(mail / "spam"))
    run(mail, "ham", str(mail / "ham"))
    told = run(mail, "status", "-c", str(config))
    assert told.exit_code == 0
    assert "(the one that judges)" in told.output


def test_rollback_returns_to_the_version_before_or_to_one_named(mail: Path) -> None:
    assert "there is no earlier version" in run(mail, "rollback").output
    run(mail, "spam", str(mail / "spam"))
    run(mail, "ham", str(mail / "ham"))
    assert run(mail, "rollback").output == "Version 3 is like version 1: 3 spam, 0 other messages.\n"
    assert json.loads(run(mail, "rollback", "2", "--json").output) == {
        "number": 4,
        "like": 2,
        "spam": 3,
        "ham": 3,
    }
    missing = run(mail, "rollback", "77")
    assert missing.exit_code == 1
    assert "there is no version 77; kept are 4, 3, 2, 1" in missing.output


def test_json_gives_the_counts(mail: Path) -> None:
    told = run(mail, "spam", str(mail / "spam"), "--json")
    assert json.loads(told.output) == {"messages": 3, "new": 3, "known": 0, "moved": 0, "withdrawn": 0}


def test_a_path_that_is_not_there_is_wrong_usage(mail: Path) -> None:
    assert run(mail, "spam", str(mail / "none")).exit_code == 2
    assert run(mail, "spam").exit_code == 2
