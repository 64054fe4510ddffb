"""Many processes come to the same as one, and what goes wrong in one of them is told."""

from __future__ import annotations

import datetime as dt
import gzip
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pytest

from bench.postfix_log import write
from gatepost.cli.reading import spans, workers
from gatepost.cli.reading.workers import Outcome, summarise
from gatepost.maillog.sieve import Sieve
from gatepost.maillog.summary import Summary
from gatepost.maillog.wanted import Wanted

TODAY = dt.date(2026, 11, 23)
EVERYTHING = Wanted()


def unheard(done: int, total: int | None) -> None:
    pass


def one_by_one(*paths: Path, wanted: Wanted = EVERYTHING) -> Summary:
    summary = Summary()
    for path in paths:
        sieve = Sieve(TODAY, wanted)
        sieve.receive(path.read_bytes())
        summary.merge(sieve.end())
    return summary


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut small logs as if they were large ones, and give them to three processes."""
    monkeypatch.setattr(workers, "_ALONE", 0)
    monkeypatch.setattr(spans, "LEAST", 100_000)
    monkeypatch.setattr(spans, "PIECE", 30_000)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "mail.log"
    write(path, 1_000_000)
    return path


@pytest.mark.usefixtures("side_by_side")
def test_a_log_over_several_processes_comes_to_the_same(log: Path) -> None:
    told: list[tuple[int, int | None]] = []
    outcome = summarise([str(log)], EVERYTHING, TODAY, lambda done, total: told.append((done, total)))
    assert outcome == Outcome(one_by_one(log))
    assert told == sorted(told)
    assert told[-1] == (log.stat().st_size, log.stat().st_size)
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("side_by_side")
def test_many_files_of_all_kinds_come_to_the_same_and_faults_are_told(log: Path, tmp_path: Path) -> None:
    packed, junk, missing = tmp_path / "mail.log.1.gz", tmp_path / "junk", tmp_path / "missing"
    packed.write_bytes(gzip.compress(log.read_bytes()[:300_000]) + b"no member")
    junk.write_bytes(os.urandom(1_000) + b"\n550 5.1.1 no\n")
    outcome = summarise([str(path) for path in (junk, missing, packed, log)], EVERYTHING, TODAY, unheard)
    assert sorted(Path(fault.path).name for fault in outcome.faults) == ["mail.log.1.gz", "missing"]
    assert outcome.summary.octets == log.stat().st_size + junk.stat().st_size + 300_000
    assert outcome.summary.systems["plain"] == 1


@pytest.mark.usefixtures("side_by_side")
def test_what_is_not_wanted_is_not_counted_by_any_process(log: Path) -> None:
    wanted = Wanted(causes=frozenset({"user_unknown"}))
    outcome = summarise([str(log)], wanted, TODAY, unheard)
    assert outcome.summary == one_by_one(log, wanted=wanted)
    assert {cause for cause, _, _ in outcome.summary.troubles} == {"user_unknown"}


@pytest.mark.usefixtures("side_by_side")
def test_where_other_threads_run_new_processes_are_started_afresh(log: Path) -> None:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert summarise([str(log)], EVERYTHING, TODAY, unheard).summary == one_by_one(log)
    finally:
        over.set()
        thread.join()


@pytest.mark.usefixtures("side_by_side")
def test_ctrl_c_gives_what_was_counted_and_leaves_no_process(log: Path) -> None:
    pressed: list[int] = []

    def progress(done: int, total: int | None) -> None:
        if not pressed:
            pressed.append(done)
            signal.raise_signal(signal.SIGINT)

    outcome = summarise([str(log)], EVERYTHING, TODAY, progress)
    assert outcome.interrupted
    assert 0 < outcome.summary.octets <= log.stat().st_size
    assert multiprocessing.active_children() == []


def test_ctrl_c_gives_what_one_process_counted(log: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        signal.raise_signal(signal.SIGINT)

    outcome = summarise([str(log)], EVERYTHING, TODAY, progress)
    assert outcome.interrupted
    assert outcome.summary.octets < log.stat().st_size


@pytest.mark.usefixtures("side_by_side")
def test_a_process_that_is_killed_is_told_and_the_others_go_on(log: Path) -> None:
    killed: list[int] = []

    def progress(done: int, total: int | None) -> None:
        if not killed:
            [victim, *_] = multiprocessing.active_children()
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(victim.pid)

    outcome = summarise([str(log)], EVERYTHING, TODAY, progress)
    assert all("ended from outside" in fault.sentence for fault in outcome.faults)
    assert not outcome.interrupted
    assert outcome.summary.octets > 0
    assert multiprocessing.active_children() == []


@pytest.mark.usefixtures("side_by_side")
def test_when_all_processes_are_killed_each_part_that_is_not_counted_is_told(log: Path) -> None:
    def progress(done: int, total: int | None) -> None:
        for victim in multiprocessing.active_children():
            assert victim.pid is not None
            os.kill(victim.pid, signal.SIGKILL)

    outcome = summarise([str(log)], EVERYTHING, TODAY, progress)
    assert outcome.faults
    assert multiprocessing.active_children() == []


def test_a_small_log_is_read_by_one_process(log: Path) -> None:
    seen: list[int] = []
    summarise(
        [str(log)], EVERYTHING, TODAY, lambda done, total: seen.append(len(multiprocessing.active_children()))
    )
    assert set(seen) == {0}


def test_nothing_at_all_comes_to_nothing() -> None:
    assert summarise([], EVERYTHING, TODAY, unheard) == Outcome(Summary())
