from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.cli.dmarc import dmarc
from gatepost.gateway.dmarc.received import opened_to_write
from tests.gateway.dmarc.test_received import FAILURE
from tests.mailauth.dmarc.test_sources import DOMAIN, OWN, report, row
from tests.peers.gateway import to_toml

BEGIN = int(time.time()) // 86_400 * 86_400 - 86_400


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(dmarc, ["received", "-c", str(folder / "gatepost.toml"), *arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    values = {
        "data_dir": str(tmp_path / "data"),
        "domain": [{"name": DOMAIN}],
        "policy": {"relay_networks": [f"{OWN}/32"]},
        "dmarc": {"reports_to": [f"dmarc@{DOMAIN}"]},
    }
    (tmp_path / "gatepost.toml").write_text(to_toml(values))
    return tmp_path


@pytest.fixture
def filled(folder: Path) -> Path:
    rows = (
        row(OWN, 90, spf="pass"),
        row("198.51.100.1", 7, by="mailer.example\x1b[31m"),
        row("203.0.113.1", 3, disposition="reject"),
    )
    with opened_to_write(folder / "data/dmarc") as received:
        received.add(report(*rows, begin=BEGIN), sender="", message="m-1", now=time.time())
        received.add(FAILURE, sender="x.example", message="m-2", now=time.time())
        received.count_unread("it is cut", time.time())
    return folder


def test_who_sends_in_our_name_is_told_what_needs_a_move_first(filled: Path) -> None:
    said = run(filled, "--since", "5000d").output
    lines = said.splitlines()
    assert lines[0] == f"{DOMAIN}  100 messages, 90.0% passed; policy none"
    assert lines[1].endswith("; 1 of them from senders without proof")
    assert "\x1b[31m" not in said
    told = [
        line.split(maxsplit=3)
        for line in lines
        if line.endswith(("in your name", "servers", "proof")) and "," in line
    ]
    assert [(one[0], one[1], one[2]) for one in told[1:]] == [
        ("7", "7", "0"),
        ("90", "0", "0"),
        ("3", "3", "3"),
    ]
    assert "        to do: if mailer.example" in said
    assert "1 message in failure reports" in said
    assert lines[-1] == "not counted: 1 report: it is cut"


def test_for_programs_it_is_json(filled: Path) -> None:
    found = json.loads(run(filled, "--json", "--domain", DOMAIN.upper()).output)
    [domain] = found["domains"]
    assert [source["standing"] for source in domain["view"]["sources"]] == ["other", "own", "nobody"]
    assert [source["messages"] for source in domain["view"]["sources"]] == [7, 90, 3]


def test_where_nothing_came_it_says_so(folder: Path) -> None:
    assert run(folder).output == "No reports came about our domains in that time.\n"
    (folder / "gatepost.toml").write_text(f'data_dir = "{folder}/data"\n')
    assert "dmarc.reports_to" in run(folder).output
    assert run(folder, "--since", "soon").exit_code == 2


def test_a_store_that_cannot_be_read_is_told_in_one_sentence(folder: Path) -> None:
    store = folder / "data/dmarc/received.sqlite3"
    store.parent.mkdir(parents=True)
    store.write_bytes(b"nonsense" * 1000)
    done = run(folder)
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr
