"""Whole messages, each in the form of one mail system, are read; so is what is near to a bounce, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.bounce import Bounce, Failure, read_bounce

SAMPLES = Path(__file__).parents[3] / "fuzz/seeds/bounce"
NOBODY = "550 5.1.1 nobody of that name"
POSTFIX = "550 5.1.1 <ben@example.net>: Recipient address rejected: nobody of that name"


def sample(name: str) -> Bounce:
    bounce = read_bounce((SAMPLES / name).read_bytes())
    assert bounce is not None
    return bounce


def failure(name: str, address: str = "ben@example.net") -> Failure:
    return next(each for each in sample(name).failures if each.address == address)


@pytest.mark.parametrize(
    ("name", "form", "reporting", "peer", "diagnostic", "stage"),
    [
        ("postfix-report", "report", "out.example.org", "mx.example.net", POSTFIX, "rcpt"),
        ("postfix-report-in-mbox", "report", "out.example.org", "mx.example.net", POSTFIX, "rcpt"),
        (
            "postfix-report-lost",
            "postfix",
            "out.example.org",
            "mx.example.net [192.0.2.25]",
            POSTFIX,
            "rcpt",
        ),
        ("base64", "report", "out.example.org", "mx.example.net", NOBODY, "unknown"),
        (
            "exim",
            "exim",
            "out.example.org",
            "mx.example.net [192.0.2.25]",
            "550 5.1.1 Nobody of that name, sorry",
            "rcpt",
        ),
        (
            "exim-report",
            "report",
            "out.example.org",
            "mx.example.net",
            "554 5.7.1 we think that this is junk",
            "content",
        ),
        ("qmail", "qmail", "out.example.org", "192.0.2.25", NOBODY, "rcpt"),
        ("yahoo", "yahoo", "yahoo.example", "", NOBODY, "unknown"),
        ("yahoo-old", "yahoo", "yahoo.example", "192.0.2.25", "554 5.7.1 not this", "content"),
        (
            "sendmail",
            "sendmail",
            "out.example.org",
            "mx.example.net",
            "550 5.1.1 <ben@example.net>... nobody of that name",
            "rcpt",
        ),
        ("exchange-2003", "exchange", "out.example.org", "", NOBODY, "unknown"),
        (
            "office365-html",
            "exchange",
            "ab1pr01.prod.example.com",
            "mx.example.net [192.0.2.25]",
            "550 5.1.10 nobody of that name here",
            "unknown",
        ),
        ("gmail-old", "gmail", "gmail.example", "mx.example.net [192.0.2.25]", NOBODY, "unknown"),
        (
            "gmail",
            "report",
            "gmail.example",
            "mx.example.net",
            "550 5.7.1 we do not like your address",
            "unknown",
        ),
        ("groupwise", "groupwise", "gw.example.org", "", NOBODY, "unknown"),
        ("courier", "courier", "out.example.org", "mx.example.net", NOBODY, "rcpt"),
        ("hmailserver", "hmailserver", "out.example.org", "192.0.2.25", NOBODY, "rcpt"),
        ("mailenable", "mailenable", "out.example.org", "", NOBODY, "unknown"),
        ("ses", "report", "b1.ses.example.com", "", NOBODY, "unknown"),
        ("mdaemon", "mdaemon", "out.example.org", "192.0.2.25", NOBODY, "rcpt"),
        ("communigate", "communigate", "out.example.org", "mx.example.net", NOBODY, "unknown"),
        ("zoho", "zoho", "zoho.example", "", "550 5.1.1 nobody of that name Invalid Address", "unknown"),
        ("opensmtpd", "opensmtpd", "out.example.org", "", NOBODY, "unknown"),
        ("interscan", "interscan", "out.example.org", "", NOBODY, "rcpt"),
        ("aol", "other", "aol.example", "", NOBODY, "unknown"),
    ],
)
def test_the_reply_of_a_peer_is_found_in_the_form_of_each_system(
    name: str, form: str, reporting: str, peer: str, diagnostic: str, stage: str
) -> None:
    bounce, failed = sample(name), failure(name)
    assert (bounce.kind, bounce.form, bounce.reporting) == ("bounce", form, reporting)
    assert (failed.peer, failed.reply, failed.stage) == (peer, diagnostic, stage)
    assert failed.action == "failed"
    assert not failed.local


@pytest.mark.parametrize(
    ("name", "address", "reply"),
    [
        (
            "postfix-report",
            "eve@example.com",
            "4.4.1 connect to mx.example.com[192.0.2.26]:25: Connection refused",
        ),
        ("exim", "list@example.org", "Unrouteable address"),
        ("qmail", "dan@example.org", "Sorry, no mailbox here by that name. (#5.1.1)"),
        ("exchange-2010", "ben@example.net", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found"),
        ("groupwise", "eve", "user not found"),
        ("domino", "ben@example.net", "User ben (ben@example.net) not listed in Domino Directory"),
        ("communigate", "eve@example.org", "account is full (quota exceeded)"),
        ("kddi", "ben@example.net", "As their mailbox is full."),
        ("imail", "ben@example.net", "Unknown user: ben@example.net"),
        ("misdeclared", "eve@example.net", "5.1.1"),
    ],
)
def test_what_the_reporting_system_made_up_itself_is_called_local(
    name: str, address: str, reply: str
) -> None:
    failed = failure(name, address)
    assert failed.local
    assert failed.reply == reply


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("postfix-delay", "451 4.7.1 come back later, please"),
        ("exim-delay", "452 4.2.2 no room at present"),
        ("sendmail-warning", "Deferred: Connection timed out with mx.example.net."),
    ],
)
def test_a_warning_is_a_delay_and_no_bounce(name: str, reply: str) -> None:
    assert sample(name).kind == "delay"
    assert failure(name).action == "delayed"
    assert failure(name).reply == reply


@pytest.mark.parametrize("name", ["success", "feedback", "receipt", "autoreply"])
def test_what_is_near_to_a_bounce_is_called_by_its_name(name: str) -> None:
    assert sample(name).kind == {"success": "delivered"}.get(name, name)


def test_a_complaint_names_the_recipient_and_the_message() -> None:
    bounce = sample("feedback")
    assert (bounce.message_id, bounce.subject) == ("<minutes-1@example.org>", "Minutes of Monday")
    assert failure("feedback").words == "abuse"


@pytest.mark.parametrize("name", ["ordinary", "deep"])
def test_a_message_that_quotes_a_bounce_or_holds_nothing_is_none(name: str) -> None:
    assert read_bounce((SAMPLES / name).read_bytes()) is None


@pytest.mark.parametrize(
    "name", ["postfix-report", "exim", "qmail", "sendmail", "gmail-old", "office365-html", "groupwise"]
)
def test_the_message_that_came_back_is_known_by_id_and_subject(name: str) -> None:
    bounce = sample(name)
    assert (bounce.message_id, bounce.subject) == ("<minutes-1@example.org>", "Minutes of Monday")


def test_several_recipients_are_told_apart() -> None:
    assert [each.final for each in sample("postfix-report").failures] == [
        "ben@example.net",
        "eve@example.com",
        "dan@example.edu",
    ]
    assert failure("postfix-report", "all@example.org").final == "dan@example.edu"
    assert failure("qmail", "eve@example.com").stage == "mail"
    assert failure("sendmail", "friends").reply == "554 5.7.1 we do not take any of this"
    assert failure("exim", "old@example.com").peer == "mail.example.com [2001:db8::26]"


def test_a_report_of_the_wrong_type_without_blank_lines_is_read() -> None:
    assert failure("misdeclared").reply == "552 5.2.2 There is no room left for ben"
    assert failure("misdeclared").status == "5.2.2"
    assert failure("no-blank-line").reply == "554 5.7.1 no"
    assert sample("no-blank-line").arrived == "Mon, 23 Nov 2026 15:05:55 +0100"


def test_addresses_and_words_beyond_ascii_are_read() -> None:
    assert [each.final for each in sample("wide").failures] == ["jörg@bücher.example"]
    assert failure("wide", "jörg@bücher.example").reply == "550 5.1.1 Empfänger unbekannt"
    assert failure("latin-1", "jörg@example.net").reply == "550 5.1.1 Empfänger unbekannt"


def test_line_ends_do_not_matter() -> None:
    octets = (SAMPLES / "exim").read_bytes()
    assert read_bounce(octets.replace(b"\n", b"\r\n")) == read_bounce(octets)


def test_a_list_in_a_field_names_the_recipients_where_the_text_does_not() -> None:
    bounce = read_bounce(
        b"From: x@example.org\nX-Failed-Recipients: ben@example.net, eve@example.net\n\nIt failed.\n"
    )
    assert bounce is not None
    assert [each.final for each in bounce.failures] == ["ben@example.net", "eve@example.net"]


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\n\n\n",
        b"junk",
        b"From: ann@example.org\nSubject: undelivered post\n\nThe parcel could not be delivered.\n",
        bytes(range(256)) * 20,
        b"Content-Type: multipart/report\n\n--",
    ],
)
def test_what_is_no_bounce_is_none(octets: bytes) -> None:
    assert read_bounce(octets) is None


@given(st.binary(max_size=400), st.sampled_from(sorted(path.name for path in SAMPLES.iterdir())), st.data())
def test_damage_of_any_kind_never_raises(junk: bytes, name: str, data: st.DataObject) -> None:
    octets = (SAMPLES / name).read_bytes()
    at = data.draw(st.integers(0, len(octets)))
    bounce = read_bounce(octets[:at] + junk + octets[at + len(junk) :])
    assert bounce is None or all("\n" not in each.reply for each in bounce.failures)
