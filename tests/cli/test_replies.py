from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.replies import STAGES, by_stage, replies
from gatepost.reply.catalogue import ENTRIES


def run(*arguments: str) -> Result:
    return CliRunner().invoke(replies, arguments)


def test_the_table_holds_every_entry_under_its_stage() -> None:
    output = run().output
    for heading in STAGES.values():
        assert heading in output
    for name in ENTRIES:
        assert f"  {name} " in output
    assert sum(map(len, by_stage().values())) == len(ENTRIES)


def test_lines_fit_eighty_columns() -> None:
    assert max(map(len, run().output.splitlines())) <= 80


@pytest.mark.parametrize("name", ENTRIES)
def test_one_entry_is_shown_in_full(name: str) -> None:
    output = " ".join(run(name).output.split())
    entry = ENTRIES[name]
    for words in (entry.when, entry.why, entry.sender_action, entry.operator_action, *entry.references):
        assert words in output


def test_json_is_the_catalogue() -> None:
    listed = json.loads(run("--json").output)
    assert [entry["id"] for entry in listed] == list(ENTRIES)
    one = json.loads(run("size-declared", "--json").output)
    assert one["fields"] == ["limit", "size"]
    assert one["code"] == 552


def test_an_unknown_id_names_the_nearest() -> None:
    done = run("relay-denyed")
    assert done.exit_code == 1
    assert "relay-denied" in done.stderr
    assert run("zzzzzz").exit_code == 1
