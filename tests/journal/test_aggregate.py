from __future__ import annotations

from gatepost.checks.evidence import DkimEvidence, DmarcEvidence, SpfEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal.aggregate import reports
from gatepost.journal.records import Closed, Reception
from gatepost.mailauth.dmarc.report import DkimResult, Override, Report, SpfResult
from gatepost.mailauth.dmarc.report_xml import read_report, write_report
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply

RECORD = "v=DMARC1; p=reject; rua=mailto:dmarc@good.example"
RELAYED = Disposition(action=Action.RELAY, rule="nothing-found")
REJECTED = Disposition(action=Action.REJECT, rule="dmarc-reject", entry="dmarc-reject")


def reception(
    result: str,
    disposition: Disposition = RELAYED,
    *,
    record: str = RECORD,
    peer: str = "192.0.2.7:4711",
    name: str = "",
    aligned: tuple[str, ...] = (),
    sender: str = "a@good.example",
) -> Reception:
    evidence = (
        SpfEvidence("softfail", "mailfrom", "192.0.2.7", "good.example", "it says so"),
        DkimEvidence("fail", "list.example", "s1", "the body hash does not match"),
        DkimEvidence("pass", "good.example", "s2"),
        DmarcEvidence(result, "mail.good.example", "why", "reject", "good.example", record, aligned=aligned),
    )
    finding = Finding(check="dmarc", stage=Stage.CONTENT, result=Result.CLEAN, name=name, evidence=evidence)
    return Reception(
        time=1.0,
        session="s",
        message="s-1",
        peer=peer,
        reverse_path=sender,
        recipients=("b@ours.example",),
        size=10,
        reply=Reply(250, "2.0.0", "Ok"),
        disposition=disposition,
        findings=(finding,),
    )


def made(*receptions: Reception) -> list[Report]:
    asked = reports(
        [*receptions, Closed(time=2.0, session="s", how="quit")],
        begin=86_400,
        end=172_799,
        org_name="ours.example",
        email="postmaster@ours.example",
    )
    return [one.report for one in asked]


def test_messages_that_are_alike_are_one_row_of_the_policy_domain() -> None:
    passed = reception("pass", aligned=("dkim good.example (treewalk)",))
    [report] = made(passed, passed, reception("fail", REJECTED))
    assert (report.policy.domain, report.policy.p, report.messages) == ("good.example", "reject", 3)
    first, second = report.rows
    assert (first.count, first.disposition, first.dkim, first.spf) == (2, "pass", "pass", "fail")
    assert (second.count, second.disposition, second.dkim, second.spf) == (1, "reject", "fail", "fail")
    assert (first.source_ip, first.header_from, first.envelope_from) == (
        "192.0.2.7",
        "mail.good.example",
        "good.example",
    )
    assert first.spf_results == (SpfResult("good.example", "softfail", "mfrom"),)
    assert DkimResult("good.example", "s2", "pass") in first.signatures


def test_what_was_not_done_as_the_owner_asks_says_why() -> None:
    forwarded = reception("fail", name="dmarc-forwarded")
    marked = reception("fail", Disposition(action=Action.RELAY, rule="x", marks=("dmarc-quarantine",)))
    let_in = reception("fail", Disposition(action=Action.RELAY, rule="sender-allowed"))
    [report] = made(forwarded, marked, let_in)
    assert [(row.disposition, row.overrides) for row in report.rows] == [
        ("none", (Override("trusted_forwarder", "why"),)),
        ("quarantine", ()),
        ("none", (Override("local_policy", "sender-allowed decided"),)),
    ]


def test_a_domain_that_asks_for_no_reports_gets_none() -> None:
    assert made(reception("pass", record="v=DMARC1; p=reject")) == []


def test_a_report_can_be_written_and_read_again() -> None:
    [report] = made(reception("pass"), reception("fail", REJECTED, peer="[2001:db8::1]:25", sender=""))
    again = read_report(write_report(report))
    assert isinstance(again, Report)
    assert [row.source_ip for row in again.rows] == ["192.0.2.7", "2001:db8::1"]
    assert [row.envelope_from for row in again.rows] == ["good.example", ""]
    assert not again.problems


def test_what_is_held_for_dmarc_is_reported_as_quarantined() -> None:
    held = reception("fail", Disposition(action=Action.QUARANTINE, rule="dmarc-reject"))
    otherwise = reception("fail", Disposition(action=Action.QUARANTINE, rule="virus-found"))
    [report] = made(held, otherwise)
    assert [(row.disposition, row.overrides) for row in report.rows] == [
        ("quarantine", (Override("local_policy", "held until a person decides"),)),
        ("none", (Override("local_policy", "virus-found decided"),)),
    ]
