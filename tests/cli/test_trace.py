from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from gatepost.cli.trace import MANY, moment, trace
from gatepost.journal import explained as explained_module
from gatepost.journal import render
from gatepost.mail.ids import SessionIds
from tests.journal.tales import ID, SESSION, START, TALES, explained

NOW = START + 3600  # 15:30:05 in Central Europe


@pytest.fixture(autouse=True)
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def known_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explain by the few sentences of the tales: the knowledge has tests of its own."""
    monkeypatch.setattr(render, "explain_reply", explained)
    monkeypatch.setattr(explained_module, "explain_reply", explained)


def put(data_dir: Path, *names: str, copies: int = 1) -> None:
    ids = SessionIds(1, lambda: START - 1000)
    lines = []
    for name in names:
        for copy in range(copies):
            session = ids() if copy else SESSION
            told = b"".join(msgspec.json.encode(record) + b"\n" for record in TALES[name])
            lines.append(told.replace(SESSION.encode(), session.encode()))
    (data_dir / "journal").mkdir(exist_ok=True)
    (data_dir / "journal" / "2026-11-23T130000.000Z-w0.jsonl").write_bytes(b"".join(lines))


def run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(trace, [*arguments, "--data-dir", str(data_dir)])


def test_a_story_is_told_in_words_on_the_local_clock(tmp_path: Path) -> None:
    put(tmp_path, "bounced")
    answer = run(tmp_path, "bob@example.org")
    assert answer.exit_code == 0
    assert answer.stdout.startswith(f"{ID}  failed for good, reported in")
    assert "14:30:05.123" in answer.stdout
    assert "move      the recipient's side" in answer.stdout
    assert "\x1b" not in answer.stdout


def test_colour_comes_when_it_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, "bounced")
    assert "\x1b[31m" in run(tmp_path, ID, "--colour").stdout


def test_json_is_an_array_of_records_in_order_of_time(tmp_path: Path) -> None:
    put(tmp_path, "delivered", copies=3)
    answer = run(tmp_path, "alice@example.com", "--json")
    rows = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert len(rows) == 3 * len(TALES["delivered"])
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert {"reply", "explanation"} <= rows[0].keys()


def test_many_stories_are_listed_and_all_are_told_on_demand(tmp_path: Path) -> None:
    put(tmp_path, "delivered", copies=MANY + 1)
    listed = run(tmp_path, "alice@example.com").stdout.splitlines()
    assert len(listed) == MANY + 2
    assert "--all" in listed[-1]
    assert len(run(tmp_path, "alice@example.com", "--all").stdout.splitlines()) > 10 * MANY


def test_nothing_found_is_said_and_is_exit_status_1(tmp_path: Path) -> None:
    put(tmp_path, "delivered")
    answer = run(tmp_path, "nobody@example.net")
    assert answer.exit_code == 1
    assert answer.stdout == ""
    assert "nothing in" in answer.stderr
    data = run(tmp_path, "nobody@example.net", "--json")
    assert (data.exit_code, json.loads(data.stdout)) == (1, [])


def test_a_missing_journal_is_wrong_usage(tmp_path: Path) -> None:
    answer = run(tmp_path, ID)
    assert answer.exit_code == 2
    assert "--data-dir" in answer.stderr


def test_the_settings_say_where_the_journal_is(tmp_path: Path) -> None:
    pytest.importorskip("gatepost.gateway.settings", exc_type=ImportError)
    put(tmp_path, "delivered")
    (tmp_path / "gatepost.toml").write_text('data_dir = "."\n')
    answer = CliRunner().invoke(trace, [ID, "-c", str(tmp_path / "gatepost.toml")])
    assert answer.exit_code == 0, answer.output


def test_bounds_narrow_what_is_found(tmp_path: Path) -> None:
    put(tmp_path, "delivered")
    assert run(tmp_path, "alice@example.com", "--since", "2026-11-23", "--until", "2026-11-23").exit_code == 0
    assert run(tmp_path, "alice@example.com", "--until", "2026-11-23T14:00:00+01:00").exit_code == 1
    assert run(tmp_path, "alice@example.com", "--since", "2026-11-24").exit_code == 1


def test_bounds_in_the_wrong_order_and_unreadable_ones_are_wrong_usage(tmp_path: Path) -> None:
    put(tmp_path, "delivered")
    assert run(tmp_path, ID, "--since", "2026-11-24", "--until", "2026-11-22").exit_code == 2
    answer = run(tmp_path, ID, "--since", "yesterday")
    assert answer.exit_code == 2
    assert "write 2h" in answer.stderr


def test_records_of_a_newer_version_are_mentioned(tmp_path: Path) -> None:
    put(tmp_path, "delivered")
    [path] = (tmp_path / "journal").iterdir()
    with path.open("ab") as out:
        out.write(b'{"type":"later","time":1795440605.5,"session":"%b"}\n' % SESSION.encode())
    answer = run(tmp_path, SESSION)
    assert answer.exit_code == 0
    assert "newer version" in answer.stderr


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2h", timedelta(hours=-2)),
        ("30m", timedelta(minutes=-30)),
        ("3d", timedelta(days=-3)),
        ("14:30", timedelta(minutes=-60, seconds=-5)),
        ("14:30:05", timedelta(minutes=-60)),
        ("23:50", timedelta(hours=-15, minutes=-40, seconds=-5)),
        ("2026-11-23T14:30:05+01:00", timedelta(minutes=-60)),
        ("2026-11-23T13:30:05Z", timedelta(minutes=-60)),
        ("2026-11-23 14:30:05", timedelta(minutes=-60)),
        ("2026-11-23", timedelta(hours=-15, minutes=-30, seconds=-5)),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, when: timedelta) -> None:
    now = datetime.fromisoformat("2026-11-23T15:30:05+01:00")
    assert moment(text, now.timestamp()) == (now + when).timestamp()


def test_an_end_may_lie_ahead_and_a_date_ends_at_midnight() -> None:
    assert moment("23:50", NOW, end=True) > NOW
    assert moment("2026-11-23", NOW, end=True) == moment("2026-11-24", NOW)


@pytest.mark.parametrize("text", ["", "x", "9999999h", "25:00", "14:3", "2026-13-01", "1e9", "٣d"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text, NOW)
