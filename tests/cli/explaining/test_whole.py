from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from textwrap import wrap

import click
import pytest

from gatepost.cli.explaining.asked import Asked
from gatepost.cli.explaining.whole import called, sum_up, tell_stories, warn
from gatepost.cli.explaining.words import action, first
from gatepost.cli.options import Bad
from gatepost.cli.reading.sources import Fault

BOUNCED = (
    "{time} gw postfix/smtp[6228]: {key}: to=<b@example.net>, relay=mx.example.net[192.0.2.1]:25, "
    "delay=0.09, delays=0.02/0.07/0/0, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: "
    "550 5.1.1 No such user (in reply to RCPT TO command))\n"
)
DEFERRED = (
    "{time} gw postfix/smtp[6228]: {key}: to=<c@example.com>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, "
    "status=deferred (connect to mx.example.com[192.0.2.2]:25: Connection timed out)\n"
)


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "mail.log"
    path.write_text(
        BOUNCED.format(time="2026-11-22T10:00:00+00:00", key="AAAA11111111")
        + BOUNCED.format(time="2026-11-23T10:00:00+00:00", key="BBBB11111111")
        + DEFERRED.format(time="2026-11-23T11:00:00+00:00", key="CCCC11111111")
        + "2026-11-23T11:00:01+00:00 gw cron[1]: unrelated\n"
    )
    return str(path)


def test_a_log_is_summed_up(
    log: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(log).parent)
    sum_up(["mail.log"], Asked())
    assert click.unstyle(capsys.readouterr().out).splitlines() == [
        "mail.log  Postfix, 4 lines, 2026-11-22 10:00:00 to 2026-11-23 11:00:00",
        "",
        "  1 delayed   2 refused",
        "",
        " Refused Delayed  Why                                   Said by  Whose move",
        "       2       -  No such recipient                     them     sending side",
        *(" " * 18 + line for line in wrap(first(action("user_unknown", "received"), 112), 62)),
        "       -       1  No connection                         itself   network",
        *(" " * 18 + line for line in wrap(first(action("network", "local"), 112), 62)),
        "",
        "  Worst domains  example.net 2, example.com 1",
        "  Not read       1 line of no known mail system: 2026-11-23T11:00:01+00:00 gw c…",
        "  More           add --details, or --cause user_unknown, or --html report.html",
    ]


def test_filters_leave_the_rest_out(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    sum_up([log], Asked(as_json=True, since="2026-11-23T00:00:00", causes=("user_unknown",)))
    found = json.loads(capsys.readouterr().out)
    assert [(row["cause"], row["count"]) for row in found["causes"]] == [("user_unknown", 1)]


def test_details_come_after_the_answer(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    sum_up([log], Asked(details=True))
    told = click.unstyle(capsys.readouterr().out)
    assert told.index("Worst domains") < told.index("No such recipient: 2 refused (user_unknown)")
    assert "add --details" not in told


def test_a_page_is_written_beside_the_answer(
    log: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "report.html"
    sum_up([log], Asked(html=page))
    assert "No such recipient" in page.read_text()
    assert "is written: open it in a browser" in capsys.readouterr().err


def test_a_page_that_cannot_be_written_is_an_error(log: str, tmp_path: Path) -> None:
    with pytest.raises(Bad, match=r"report\.html cannot be written: No such file"):
        sum_up([log], Asked(html=tmp_path / "no" / "report.html"))


def test_a_file_that_is_no_mail_log_is_an_error_that_shows_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    path.write_text("the quick\x1b brown fox\n" * 3)
    with pytest.raises(
        Bad, match=r"no line is of a known mail system\. The first of them: the quick\? brown fox"
    ):
        sum_up([str(path)], Asked())


def test_the_story_of_a_message_is_told(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell_stories([log], Asked(message="b@example.net", limit=1))
    told = click.unstyle(capsys.readouterr().out)
    assert "given up for b@example.net" in " ".join(told.split())
    assert "1 more about 'b@example.net': --limit 2 tells all." in told


def test_a_message_that_is_not_there_is_an_error(log: str) -> None:
    with pytest.raises(Bad, match=r"No message in .* is about 'zzz'"):
        tell_stories([log], Asked(message="zzz"))


def test_a_growing_log_is_explained_line_by_line_until_it_is_broken_off(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text(BOUNCED.format(time="2026-11-23T10:00:00+00:00", key="AAAA11111111"))
    enough = threading.Event()

    def grow() -> None:  # until the end of the file is being watched
        while not enough.wait(0.05):
            with path.open("a") as log:
                log.write(DEFERRED.format(time="2026-11-23T11:00:00+00:00", key="CCCC11111111"))

    command = [sys.executable, "-m", "gatepost", "explain", "--follow", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as followed:
        assert followed.stdout is not None
        growth = threading.Thread(target=grow)
        growth.start()
        told = followed.stdout.readline()
        enough.set()
        growth.join()
        followed.send_signal(signal.SIGINT)
        _, said = followed.communicate(timeout=30)
    assert told.split()[:3] == ["11:00:00", "delayed", "c@example.com"]
    assert "No connection · network" in told
    assert said.startswith("Waiting for new lines")
    assert followed.returncode == 0


def test_what_comes_by_a_pipe_is_followed_to_its_end() -> None:
    command = [sys.executable, "-m", "gatepost", "explain", "--follow", "-"]
    line = DEFERRED.format(time="2026-11-23T11:00:00+00:00", key="CCCC11111111")
    done = subprocess.run(command, input=line, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split()[:3] == ["11:00:00", "delayed", "c@example.com"]


def test_files_are_called_by_the_first_and_a_number() -> None:
    assert called(["-"]) == "standard input"
    assert called(["a\x1b.log", "b.log", "c.log"]) == "a?.log and 2 more"


def test_what_could_not_be_read_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    warn(Fault("x", "x\x07 cannot be read."))
    assert capsys.readouterr().err == "x? cannot be read.\n"
