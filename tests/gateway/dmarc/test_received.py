from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gatepost.gateway.dmarc import received as module
from gatepost.gateway.dmarc.received import (
    FILE,
    MAX_REPORT,
    MAX_ROWS,
    Received,
    Unread,
    opened_to_read,
    opened_to_write,
)
from gatepost.mailauth.dmarc.failure import FailureReport
from gatepost.mailauth.dmarc.report import DkimResult, Report
from tests.mailauth.dmarc.test_sources import DOMAIN, report, row

NOW = 1_795_780_800.0
DAY = 86_400
ONE = report(row("192.0.2.7"), begin=int(NOW) - DAY)
FAILURE = FailureReport(
    domain=DOMAIN, failure="spf", source_ip="192.0.2.9", reporter="mx", arrived=int(NOW) - DAY
)


def kept(directory: Path, since: float = 0) -> list[Report]:
    with opened_to_read(directory) as received:
        assert received is not None
        return [one.report for one in received.reports(DOMAIN, since)]


def add(
    received: Received, found: Report | FailureReport, sender: str = "them.example", message: str = "m-1"
) -> str:
    return received.add(found, sender=sender, message=message, now=NOW)


def test_a_report_is_kept_once_however_often_it_comes(tmp_path: Path) -> None:
    with opened_to_write(tmp_path) as received:
        assert add(received, ONE) == ""
        assert add(received, ONE, message="m-2") == "it came before"
        assert add(received, msgspec.structs.replace(ONE, report_id="other")) == ""
    found = kept(tmp_path)
    assert len(found) == 2
    assert found[0].rows[0].source_ip == "192.0.2.7"
    assert kept(tmp_path, NOW) == []


def test_a_forger_cannot_take_the_place_of_a_report_that_proves_its_sender(tmp_path: Path) -> None:
    with opened_to_write(tmp_path) as received:
        assert add(received, ONE, sender="") == ""
        assert add(received, ONE) == ""
        assert sorted(one.sender for one in received.reports(DOMAIN, 0)) == ["", "them.example"]


def test_failure_reports_are_kept_beside(tmp_path: Path) -> None:
    with opened_to_write(tmp_path) as received:
        assert add(received, FAILURE) == ""
        assert list(received.failures(DOMAIN, NOW - 2 * DAY)) == [FAILURE]
        assert list(received.failures(DOMAIN, NOW)) == []
        assert list(received.reports(DOMAIN, 0)) == []
        assert received.domains(0) == [DOMAIN]


def test_one_sender_cannot_fill_it_nor_keep_others_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "UNPROVEN", 3)
    with opened_to_write(tmp_path) as received:
        said = [add(received, msgspec.structs.replace(ONE, report_id=str(n)), sender="") for n in range(5)]
        assert said[:3] == [""] * 3
        assert said[3] == "more reports of that sender than are kept of one day"
        assert add(received, ONE) == ""


def test_a_huge_report_is_kept_in_part(tmp_path: Path) -> None:
    signatures = [DkimResult("d" * 1000, "s" * 1000, "pass", "x" * 1000)] * 100
    rows = [row(f"10.0.{n // 250}.{n % 250}", n + 1, signatures=signatures) for n in range(MAX_ROWS * 2)]
    with opened_to_write(tmp_path) as received:
        assert add(received, report(*rows)) == ""
        [one] = [one.report for one in received.reports(DOMAIN, 0)]
    assert 0 < len(one.rows) <= MAX_ROWS
    assert one.rows[0].count == MAX_ROWS * 2
    assert (tmp_path / FILE).stat().st_size < MAX_REPORT + 200_000


def test_what_is_old_is_forgotten_and_when_there_is_too_much_the_oldest_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_to_write(tmp_path) as received:
        for age in (0, 10, 400):
            add(received, report(row("192.0.2.7"), begin=int(NOW) - age * DAY))
        received.tidy(NOW - 100 * DAY)
        assert [one.report.begin for one in received.reports(DOMAIN, 0)] == [int(NOW) - 10 * DAY, int(NOW)]
        monkeypatch.setattr(module, "MAX_FILE", 3 * 4096)
        received.tidy(NOW - 100 * DAY)
        assert list(received.reports(DOMAIN, 0)) == []


def test_what_could_not_be_read_is_counted_by_reason_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_REASONS", 2)
    with opened_to_write(tmp_path) as received:
        for why in ("no XML: line 1", "no XML: line 2", "cut", "a", "b"):
            received.count_unread(why, NOW)
        assert received.unread(NOW) == [Unread("no XML", 2), Unread("other reasons", 2), Unread("cut", 1)]
        assert received.unread(NOW + 10 * DAY) == []


def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    with opened_to_read(tmp_path) as received:
        assert received is None
    (tmp_path / FILE).write_bytes(b"nonsense" * 1000)
    with opened_to_write(tmp_path) as received:
        assert add(received, ONE) == ""
    assert len(kept(tmp_path)) == 1
    assert (tmp_path / "received.damaged").exists()
