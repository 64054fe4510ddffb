from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.lists import lists
from gatepost.journal.records import AnyRecord
from tests.journal.test_lists import OUT, START, accepted, change, listing, refused, write
from tests.peers.gateway import to_toml


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: START + 3600)


ILL = (change(0, well=True), refused(700, listing()), change(900, well=False, proven=600), accepted(950, OUT))


def run(folder: Path, records: tuple[AnyRecord, ...], *arguments: str) -> Result:
    write(folder / "journal", *records)
    names = [{"zone": "bl.test", "name": "The List"}, {"zone": "other.test", "weight": -1}]
    path = folder / "gatepost.toml"
    path.write_text(to_toml({"data_dir": str(folder), "checks": {"dnsbl": {"list": names}}}))
    return CliRunner().invoke(lists, [*arguments, "-c", str(path)])


def test_all_lists_are_told_with_their_health_and_what_they_said(tmp_path: Path) -> None:
    done = run(tmp_path, (change(0, well=True), refused(1, listing()), accepted(2)))
    assert done.exit_code == 0, done.output
    first, counted, other, *_ = done.output.splitlines()
    assert first.startswith("The List: well since 20")
    assert "asked for 2 decisions; this one named somebody for 1, was left out or silent for 0" in counted
    assert other == "other.test: nothing is known, for the gateway has not looked at its test points yet"


def test_a_list_that_is_ill_is_named_and_the_status_is_1(tmp_path: Path) -> None:
    done = run(tmp_path, ILL)
    assert done.exit_code == 1
    assert "The List: ILL since " in done.output
    assert ", and left out: it lists everybody" in done.output
    assert 'ill once in that time: gatepost lists "The List" shows what to look at again' in done.output


@pytest.mark.parametrize("name", ["The List", "the list", "bl.test"])
def test_of_one_list_what_it_decided_and_what_was_accepted_without_it_are_shown(
    tmp_path: Path, name: str
) -> None:
    done = run(tmp_path, ILL, name)
    assert done.exit_code == 1
    assert "and still: it lists everybody" in done.output
    assert "decided by it since then, perhaps wrongly: 1\n" in done.output
    assert "35ahjhz1g0700-1  550 client-listed: 203.0.113.7 is on The List (127.0.0.2)" in done.output
    assert "accepted without it: 1\n" in done.output
    assert '203.0.113.7:4711: a@client.test -> b@ours.test, "Hello"' in done.output


def test_an_illness_of_long_ago_is_left_to_since(tmp_path: Path) -> None:
    records = (change(-200_000, well=False), change(-199_000, well=True))
    done = run(tmp_path, records, "bl.test")
    assert done.exit_code == 0
    assert "    not ill since " in done.output
    assert "which --since can reach" in done.output
    assert (
        "decided by it since then, perhaps wrongly: nothing\n"
        in run(tmp_path, records, "bl.test", "--since", "3d").output
    )


def test_json_has_the_same(tmp_path: Path) -> None:
    rows = json.loads(run(tmp_path, ILL, "--json").stdout)
    assert [(row["list"], row["decisions"], row["named"], row["silent"]) for row in rows] == [
        ("The List", 2, 1, 1),
        ("other.test", 2, 0, 0),
    ]
    assert rows[0]["health"][0]["state"] == "ill"
    one = json.loads(run(tmp_path, ILL, "bl.test", "--json").stdout)
    [spell] = one["spells"]
    assert (spell["ended"], spell["reason"]) == (None, "it lists everybody")
    assert [(row["action"], row["rule"], row["code"]) for row in spell["decided"]] == [
        ("reject", "dnsbl-listed", 550)
    ]
    assert [row["id"] for row in spell["accepted"]] == ["35ahjhz1g0700-1"]


def test_a_list_that_nobody_knows_is_an_error_that_names_those_there_are(tmp_path: Path) -> None:
    done = run(tmp_path, (), "nonsense")
    assert done.exit_code == 1
    assert "no list is called 'nonsense'" in done.stderr
    assert "The List, other.test" in done.stderr


def test_no_list_in_the_settings_is_said(tmp_path: Path) -> None:
    path = tmp_path / "gatepost.toml"
    path.write_text(to_toml({"data_dir": str(tmp_path)}))
    done = CliRunner().invoke(lists, ["-c", str(path)])
    assert (done.exit_code, done.output) == (
        0,
        "The settings name no list in DNS (checks.dnsbl.list, checks.links.list).\n",
    )
