from __future__ import annotations

import gzip
import json
from pathlib import Path

import click
import pytest

from gatepost.cli.explaining.asked import Asked
from gatepost.cli.explaining.files import answer, each_line
from gatepost.cli.options import Bad

LINE = (
    "2026-11-23T10:00:00+00:00 gw postfix/smtpd[6220]: NOQUEUE: reject: RCPT from mail.example.org[192.0.2.9]: "
    "454 4.7.1 <x@example.net>: Relay access denied; from=<a@example.org> to=<x@example.net> proto=ESMTP helo=<m>"
)
BOUNCE = """\
From: MAILER-DAEMON@example.org
To: a@example.org
Subject: Undelivered Mail
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; gw.example.org

Final-Recipient: rfc822; b@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--b--
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line").write_text(LINE + "\n")
    (tmp_path / "log").write_text((LINE + "\n") * 2)
    (tmp_path / "bounce.eml").write_text(BOUNCE)
    (tmp_path / "empty").write_text("\n")
    return tmp_path


def asked_of(capsys: pytest.CaptureFixture[str], *paths: str, asked: Asked | None = None) -> str:
    answer(paths, asked or Asked())
    return click.unstyle(capsys.readouterr().out)


def test_a_file_is_answered_by_what_it_holds(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "reply").write_text("550-5.1.1 No such\r\n550 5.1.1 user\r\n")
    assert asked_of(capsys, "line").startswith("454 4.7.1 <x@example.net>: Relay access denied")
    assert asked_of(capsys, "log").startswith("log  Postfix, 2 lines")
    assert asked_of(capsys, "reply").startswith("550-5.1.1 No such\n550 5.1.1 user\n")
    assert asked_of(capsys, "bounce.eml").startswith("A bounce: ")


def test_a_file_that_is_packed_is_looked_into(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "log.gz").write_bytes(gzip.compress(((LINE + "\n") * 3).encode()))
    assert "3 lines" in asked_of(capsys, "log.gz")
    assert asked_of(capsys, "log.gz", asked=Asked(jsonl=True)).count("\n") == 3


def test_messages_and_logs_are_answered_each_in_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    told = asked_of(capsys, "log", "bounce.eml", "line")
    assert told.index("A bounce: ") < told.index("log and 1 more  Postfix, 3 lines")


def test_one_object_for_whatever_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = [
        json.loads(asked_of(capsys, path, asked=Asked(as_json=True)))
        for path in ("line", "log", "bounce.eml")
    ]
    assert [one.get("code") or one.get("lines") or one.get("kind") for one in found] == [454, 2, "bounce"]


def test_csv_has_one_header_for_all_files(capsys: pytest.CaptureFixture[str]) -> None:
    told = asked_of(capsys, "log", "line", "empty", asked=Asked(as_csv=True)).splitlines()
    assert [line[:12] for line in told] == ["time,system,", *["2026-11-23T1"] * 3]


def test_a_line_each_for_text_that_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    each_line([b"550 5.1.1 User unknown\n"], Asked(jsonl=True))
    assert json.loads(capsys.readouterr().out)["cause"] == "user_unknown"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("empty", "empty is empty."),
        ("letter.eml", "letter.eml is a message, but no bounce: it holds no reply to explain."),
        ("gone.log", "gone.log"),
    ],
)
def test_what_holds_nothing_to_explain_is_an_error(folder: Path, path: str, sentence: str) -> None:
    (folder / "letter.eml").write_text("From: a@example.org\nTo: b@example.org\nSubject: lunch\n\nAt one?\n")
    with pytest.raises(Bad, match=sentence):
        answer((path,), Asked())


def test_a_letter_is_about_one_thing(capsys: pytest.CaptureFixture[str]) -> None:
    assert "b@example.net" in asked_of(capsys, "bounce.eml", asked=Asked(to="sender"))
    with pytest.raises(click.UsageError, match="--for writes about one reply"):
        answer(("log",), Asked(to="admin"))


def test_one_log_at_a_time_is_followed() -> None:
    with pytest.raises(click.UsageError, match="takes one log"):
        answer(("log", "line"), Asked(follow=True))
