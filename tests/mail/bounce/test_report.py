from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.bounce.report import MAX_FAILURES, looks_like_report, read_report

ONE = "Final-Recipient: rfc822; ben@example.net\nAction: failed\nStatus: 5.1.1\n"


def test_fields_about_the_message_come_before_the_recipients() -> None:
    report = read_report("Reporting-MTA: dns; a.example.org\nArrival-Date: today\n\n" + ONE)
    assert (report.reporting, report.arrived) == ("a.example.org", "today")
    assert [each.final for each in report.failures] == ["ben@example.net"]


def test_recipients_are_told_apart_without_blank_lines() -> None:
    assert len(read_report(ONE * 3).failures) == 3


def test_a_blank_line_within_a_recipient_does_no_harm() -> None:
    (failure,) = read_report(
        "Final-Recipient: rfc822; ben@example.net\n\nAction: failed\nStatus: 5.1.1\n"
    ).failures
    assert (failure.final, failure.action, failure.status) == ("ben@example.net", "failed", "5.1.1")


def test_types_may_be_missing_or_in_any_case() -> None:
    (failure,) = read_report(
        "Final-Recipient: <ben@example.net>\nAction: Failure (final)\nRemote-MTA: mx.example.net\n"
        "Diagnostic-Code: 550 5.1.1 nobody\n"
    ).failures
    assert (failure.final, failure.action, failure.peer) == ("ben@example.net", "failed", "mx.example.net")
    assert (failure.diagnostic, failure.diagnostic_type, failure.local) == ("550 5.1.1 nobody", "", False)


def test_a_type_of_a_system_of_its_own_is_local_unless_it_quotes_a_peer() -> None:
    told = "Diagnostic-Code: X-Postfix; host mx.example.net[192.0.2.25] said: 550 no (in reply to DATA command)\n"
    (quoting,) = read_report(ONE + told).failures
    assert (quoting.local, quoting.stage, quoting.peer) == (False, "data", "mx.example.net [192.0.2.25]")
    (own,) = read_report(ONE + 'Diagnostic-Code: x-unix; "no such program"\n').failures
    assert (own.local, own.diagnostic) == (True, '"no such program"')


def test_a_folded_diagnostic_of_several_lines_becomes_one() -> None:
    (failure,) = read_report(
        ONE + "Diagnostic-Code: smtp; 550-5.1.1 one\n 550-5.1.1 two\n\t550 5.1.1 three\n"
    ).failures
    assert failure.diagnostic == "550 5.1.1 one two three"


def test_characters_by_number_are_read_and_odd_ones_left() -> None:
    (failure,) = read_report(r"Final-Recipient: utf-8; j\x{F6}rg\x{D800}@example.net" + "\n").failures
    assert failure.final == r"jörg\x{D800}@example.net"


def test_a_report_is_known_by_its_fields() -> None:
    assert looks_like_report("Your mail failed.\n\n" + ONE)
    assert not looks_like_report("Action: the plan\nStatus: done\n")


def test_recipients_are_bounded() -> None:
    assert len(read_report((ONE + "\n") * (MAX_FAILURES + 50)).failures) == MAX_FAILURES


@given(st.text(alphabet=" \n\t:;<>@.-aA1fFinal-RecipientStatus", max_size=300))
def test_any_text_gives_recipients_that_are_named_or_acted_on(text: str) -> None:
    assert all(each.address or each.action for each in read_report(text).failures)
