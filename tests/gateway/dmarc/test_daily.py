"""The gateway reports by itself: once a day, whatever is restarted, and it says so."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from gatepost.gateway.dmarc import sent, turn
from gatepost.gateway.dmarc.daily import EVENT, DailyTurn, report, words_of
from gatepost.gateway.dmarc.outgoing import Outcome, Told
from gatepost.gateway.settings import Settings, load
from gatepost.journal.reader import records
from gatepost.journal.records import Noted
from tests.crash.test_kill import Mortal
from tests.delivery.next_hop import NextHop, wait_until
from tests.gateway.dmarc.day import OURS, asks, newest_day, write_mail
from tests.peers.gateway import environment

FreePort = Callable[[], int]
DAY = 86_400


def notes(data_dir: Path) -> list[str]:
    return [
        record.detail
        for record in records(data_dir / "journal")
        if isinstance(record, Noted) and record.event == EVENT
    ]


def status(config: Path) -> dict[str, object]:
    command = [sys.executable, "-m", "gatepost", "status", "--json", "-c", str(config)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


class Started(Mortal):
    """A gateway with two workers whose journal has mail of the day before it starts."""

    def prepare(self) -> None:
        super().prepare()
        days = [newest_day() - DAY, newest_day(), newest_day() + DAY]
        write_mail(
            self.data_dir / "journal", days, {name: asks(f"dmarc@{name}") for name in ("a.test", "b.test")}
        )


def test_the_running_gateway_reports_of_the_day_before_once_through_restarts_and_reloads(
    free_port: FreePort,
) -> None:
    with NextHop() as hop:
        settings = {
            "workers": 2,
            "domain": [{"name": OURS, "next_hop": [hop.address]}, {"name": "*", "next_hop": [hop.address]}],
            "dmarc": {"reports_from": f"reports@{OURS}"},
        }
        with Started(free_port(), settings=settings) as gateway:
            sent_log = gateway.data_dir / "dmarc" / "sent"
            assert wait_until(lambda: notes(gateway.data_dir)), gateway.words()
            assert {message.recipients for message in hop.wait_for(2)} == {
                ("dmarc@a.test",),
                ("dmarc@b.test",),
            }
            found = sent.last_finished(sent_log)
            assert found is not None
            assert (found[0], found[1].sent) == (newest_day(), 2)
            assert "2 sent" in gateway.output.read_text()
            reports = status(gateway.config)["dmarc_reports"]
            assert isinstance(reports, dict)
            assert (reports["sent"], reports["unsent"]) == (2, 0)
            for _ in range(2):
                gateway.stop()
                gateway.start_again()
                assert wait_until(lambda: len(gateway.workers()) >= 2)
                assert wait_until(lambda: len(gateway.workers()) == 2)  # the errand has come and gone
            assert len(notes(gateway.data_dir)) == 1
            assert len(hop.messages) == 2
            assert "Traceback" not in gateway.output.read_text()


def test_without_a_next_hop_for_other_domains_the_log_says_so_once_and_nothing_is_begun(
    free_port: FreePort,
) -> None:
    settings = {"domain": [{"name": OURS}], "dmarc": {"reports_from": f"reports@{OURS}"}}
    with Started(free_port(), settings=settings) as gateway:
        assert wait_until(lambda: "cannot be sent" in gateway.output.read_text())
        assert not DailyTurn(load(gateway.config), lambda: 4e9).due()
        assert not (gateway.data_dir / "dmarc").exists()
        assert status(gateway.config)["wrong"] != []
        assert gateway.output.read_text().count("cannot be sent") == 1


def settings_of(tmp_path: Path, **dmarc: str) -> Settings:
    return Settings.model_validate(
        {
            "data_dir": tmp_path,
            "dns": {"nameservers": ["127.0.0.1:9"]},
            "domain": [{"name": OURS}, {"name": "*", "next_hop": ["127.0.0.1"]}],
            "dmarc": dmarc,
        }
    )


def test_its_turn_comes_at_the_start_and_then_daily(tmp_path: Path) -> None:
    now = [float(newest_day() + 2 * DAY)]
    occasion = DailyTurn(settings_of(tmp_path, reports_from=f"a@{OURS}"), lambda: now[0])
    assert occasion.due()
    occasion.done()
    assert not occasion.due()
    now[0] = turn.following(now[0], OURS)
    assert occasion.due()
    assert not DailyTurn(settings_of(tmp_path), lambda: 4e9).due()


def test_a_day_without_anything_to_tell_is_done_in_silence_and_days_missed_are_made_up_for(
    tmp_path: Path,
) -> None:
    settings = settings_of(tmp_path, reports_from=f"a@{OURS}")
    now = float(newest_day() + 2 * DAY)
    assert asyncio.run(report(settings, lambda: now))
    first = sent.last_finished(tmp_path / "dmarc/sent")
    assert asyncio.run(report(settings, lambda: now + 2 * DAY))
    assert first is not None
    assert all(sent.read(tmp_path / "dmarc/sent", first[0] + days * DAY).finished for days in (0, 1, 2))
    assert notes(tmp_path) == []


def test_while_another_process_sends_it_comes_again(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, reports_from=f"a@{OURS}")
    now = float(newest_day() + 2 * DAY)
    with sent.opened(tmp_path / "dmarc/sent", turn.newest(now, OURS)):
        assert not asyncio.run(report(settings, lambda: now))
    assert asyncio.run(report(settings, lambda: now))


def test_what_was_done_is_said_in_one_sentence_with_the_reasons_of_what_was_not() -> None:
    told = (
        Told("a.test", "sent", "x@a.test"),
        Told("b.test", "later", "DNS did not tell"),
        Told("c.test", "nobody", "-"),
    )
    assert words_of(1_795_737_600, Outcome(told, 1, 1)) == (
        "DMARC reports of 2026-11-27: 1 sent, 1 wanted by nobody who may have them, 1 to be tried again "
        "(b.test: DNS did not tell)"
    )
    assert words_of(0, Outcome((), 5, 0)) == ""
