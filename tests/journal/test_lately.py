"""Counts of the last while, and outages that last."""

from __future__ import annotations

from pathlib import Path

from gatepost.checks.evidence import OutageEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.lately import lately
from gatepost.journal.reader import Skipped
from gatepost.journal.records import AnyRecord, Attempt, Bounced, Deferred, Reception
from gatepost.journal.writer import Journal
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply

NOW = 1_795_000_000.0


def finding(check: str, result: Result) -> Finding:
    evidence = (OutageEvidence("clamd", "refused"),) if result is Result.UNAVAILABLE else ()
    return Finding(check=check, stage=Stage.CONTENT, result=result, evidence=evidence)


def reception(time: float, code: int, *findings: Finding) -> Reception:
    return Reception(
        time=time,
        session="s",
        message="s-1",
        peer="192.0.2.7:1",
        reverse_path="a@x.test",
        recipients=("b@ours.test",),
        size=1,
        reply=Reply(code, "", "text"),
        disposition=Disposition(action=Action.RELAY, rule="r"),
        findings=findings,
        helo="x",
        tls="",
        header_from="",
        subject="",
        message_id="",
    )


def attempt(outcome: str) -> Attempt:
    return Attempt(
        time=NOW,
        session="s",
        message="s-1",
        peer="192.0.2.9:25",
        recipients=("a@x.test", "b@x.test"),
        outcome=outcome,
        reply=Reply(250, "", "ok"),
        stage="content",
    )


def counted(directory: Path, *written: AnyRecord) -> object:
    journal = Journal(directory, "worker0", lambda: NOW, lambda _: None)
    for record in written:
        journal.append(record)
    journal.close()
    return lately(directory, NOW - 60, Skipped())


def test_what_was_taken_refused_and_delivered_is_counted(tmp_path: Path) -> None:
    counts = lately(tmp_path, 0, Skipped())
    assert (counts.taken, counts.lasting()) == (0, {})
    counted(
        tmp_path,
        reception(NOW, 250),
        reception(NOW, 451),
        reception(NOW, 554),
        attempt("delivered"),
        attempt("deferred"),
        Deferred(
            time=NOW,
            session="s",
            message="s-1",
            recipients=("a@x.test",),
            next_attempt=NOW,
            cause="c",
            attempts=1,
        ),
        Bounced(time=NOW, session="s", message="s-1", recipients=("a@x.test",), notice="", reason="r"),
    )
    counts = lately(tmp_path, NOW - 60, Skipped())
    assert (counts.taken, counts.put_off, counts.refused) == (1, 1, 1)
    assert (counts.delivered, counts.deferred, counts.failed) == (2, 1, 1)


def test_an_outage_lasts_until_the_check_has_looked_again(tmp_path: Path) -> None:
    counted(
        tmp_path,
        reception(NOW - 2, 451, finding("virus", Result.UNAVAILABLE), finding("spf", Result.UNAVAILABLE)),
        reception(NOW - 1, 250, finding("spf", Result.CLEAN), finding("virus", Result.SKIPPED)),
    )
    counts = lately(tmp_path, NOW - 60, Skipped())
    assert set(counts.outages) == {"virus", "spf"}
    assert list(counts.lasting()) == ["virus"]
    assert counts.outages["virus"].reason == "clamd could not be asked: refused"
