"""The verb without a running gateway; with one it is in tests/dialogues/test_held.py."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.quarantine import quarantine
from gatepost.journal.reader import records
from gatepost.journal.records import Deleted, Released
from gatepost.spool.interface import Recipient
from tests.gateway.quarantine.shelf import CONTENT, fill, held, id_of


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two messages are held by policy, one has nowhere to go."""
    fill(
        tmp_path / "data/spool/0", held(1), held(2, Recipient("eve@ours.test", held="spf-fail: it is forged"))
    )
    fill(tmp_path / "data/spool/1", held(3, Recipient("carl@there.test")))
    path = tmp_path / "gatepost.toml"
    path.write_text('data_dir = "data"\n[spool]\nmin_free = 0\nmin_free_inodes = 0\n')
    return path


def run(config: Path, *arguments: str, says: str = "") -> Result:
    return CliRunner().invoke(quarantine, [*arguments, "-c", str(config)], input=says)


def left(config: Path) -> list[str]:
    return [row["id"] for row in json.loads(run(config, "list", "--json").output)]


def test_the_list_can_be_narrowed(config: Path) -> None:
    assert left(config) == [id_of(1), id_of(2)]
    done = run(config, "list", "--finding", "spf-fail")
    assert id_of(2) in done.output
    assert id_of(1) not in done.output
    assert "1 message is held for another reason" in done.output
    assert run(config, "list", "--since", "1h", "--until", "2h").exit_code == 2


def test_one_is_shown_for_a_person_and_for_a_program(config: Path) -> None:
    done = run(config, "show", id_of(1))
    assert done.exit_code == 0
    assert "a virus signature matched" in done.output
    assert json.loads(run(config, "show", id_of(1), "--json").output)["text"] == ["Please pay."]


@pytest.mark.parametrize(
    ("id_", "status", "words"),
    [
        (id_of(9), 1, "no message"),
        ("nonsense", 2, "is not the id of a message"),
        (id_of(1)[:13], 2, "is not the id of a message"),
    ],
)
def test_an_id_that_is_none_is_said_to_be_none(config: Path, id_: str, status: int, words: str) -> None:
    for verb in ("show", "release", "delete", "export"):
        done = run(config, verb, id_)
        assert done.exit_code == status
        assert words in done.stderr


def test_a_release_is_recorded_with_who_let_it_go(config: Path, tmp_path: Path) -> None:
    done = run(config, "release", id_of(1), "--by", "Ann Admin")
    assert done.exit_code == 0, done.output
    assert (
        f"{id_of(1)}: released by Ann Admin to bob@ours.test; it is delivered when the gateway" in done.output
    )
    assert left(config) == [id_of(2)]
    (released,) = [r for r in records(tmp_path / "data/journal") if isinstance(r, Released)]
    assert (released.by, released.message) == ("Ann Admin", id_of(1))
    assert run(config, "release", id_of(1)).exit_code == 1


def test_who_is_not_named_is_the_one_who_is_logged_in(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getlogin", lambda: "carol")
    (row,) = json.loads(run(config, "delete", id_of(2), "--yes", "--json").output)
    assert row == {
        "id": id_of(2),
        "act": "delete",
        "by": "carol",
        "outcome": "done",
        "recipients": ["eve@ours.test"],
    }

    def nobody() -> str:
        raise OSError

    monkeypatch.setattr(os, "getlogin", nobody)
    assert "released by " in run(config, "release", id_of(1)).output
    assert run(config, "release", id_of(1), "--by", "a\nb").exit_code in (1, 2)


def test_deleting_asks_first(config: Path, tmp_path: Path) -> None:
    for says in ("n\n", ""):
        done = run(config, "delete", id_of(1), says=says)
        assert done.exit_code == 1
        assert "nothing was changed; answer y, or give --yes" in done.stderr
    assert left(config) == [id_of(1), id_of(2)]
    assert run(config, "delete", id_of(1), says="y\n").exit_code == 0
    assert left(config) == [id_of(2)]
    assert len([r for r in records(tmp_path / "data/journal") if isinstance(r, Deleted)]) == 1


def test_many_are_decided_about_by_what_they_have_in_common_and_only_after_asking(config: Path) -> None:
    assert run(config, "release", "--from", "bad.test", says="n\n").exit_code == 1
    done = run(config, "release", "--from", "bad.test", says="y\n")
    assert done.exit_code == 0
    assert "Release 2 messages?" in done.stderr
    assert left(config) == []
    assert run(config, "delete", "--from", "bad.test", "--yes").exit_code == 1


def test_saying_nothing_never_means_all(config: Path) -> None:
    for arguments in (("delete", "--yes"), ("release",), ("release", id_of(1), "--from", "bad.test")):
        done = run(config, *arguments)
        assert done.exit_code == 2
        assert "name messages by ID, or by a filter" in done.stderr
    assert len(left(config)) == 2


def test_what_delivery_holds_is_not_released_here(config: Path) -> None:
    for verb in ("release", "delete"):
        done = run(config, verb, id_of(3), "--yes")
        assert done.exit_code == 1
        assert "is not held by policy, but by delivery: no next hop is named" in done.stderr
    assert "held because delivery cannot go on" in run(config, "show", id_of(3)).output


def test_a_copy_has_every_octet_and_overwrites_nothing(config: Path, tmp_path: Path) -> None:
    whole = b"Received: by us\r\n" + CONTENT
    assert run(config, "export", id_of(1)).stdout_bytes == whole
    target = tmp_path / "copy.eml"
    assert run(config, "export", id_of(1), "-o", str(target)).exit_code == 0
    assert target.read_bytes() == whole
    assert target.stat().st_mode & 0o777 == 0o600
    assert run(config, "export", id_of(1), "-o", str(target)).exit_code == 2
    assert run(config, "export", id_of(1), "-o", str(tmp_path / "no/such/folder")).exit_code == 2
    assert left(config) == [id_of(1), id_of(2)]


def test_a_part_of_the_spool_that_cannot_be_read_is_said(config: Path, tmp_path: Path) -> None:
    (tmp_path / "data/spool/2").mkdir()
    (tmp_path / "data/spool/2/spool.db").write_bytes(b"no database" * 1000)
    done = run(config, "list")
    assert done.exit_code == 0
    assert id_of(1) in done.stdout
    assert "A part of the spool cannot be read" in done.stderr
