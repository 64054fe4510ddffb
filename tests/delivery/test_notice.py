from __future__ import annotations

import msgspec

from gatepost.delivery.notice import Given, notice
from gatepost.journal.records import Reception
from gatepost.reply.explain import explain_reply
from gatepost.reply.explanation import Context
from gatepost.reply.reply import Reply
from gatepost.spool.interface import Message, NewMessage, Recipient

NOW = 1_800_000_000.0
UNKNOWN = Reply(550, "5.1.1", "no such user here")
BUSY = Reply(450, "4.2.1", "mailbox busy")


def given(reply: Reply, *, expired: bool = False, peer: str = "192.0.2.1:25") -> Given:
    explanation = explain_reply(reply, Context(direction="received", stage="rcpt", peer=peer))
    return Given("b@there.test", reply, explanation, peer, expired)


def made(*about: Given, smtputf8: bool = False) -> tuple[NewMessage, Reception]:
    message = Message(
        id="7zq4k0v3m8x2a-1",
        reverse_path="author@author.test",
        recipients=(Recipient("b@there.test"),),
        size=100,
        arrived=NOW - 100,
        expires=NOW + 100,
        smtputf8=smtputf8,
    )
    return notice(
        message,
        about,
        b"Subject: One\r\n\r\nText.\r\n",
        host="gateway.test",
        session="7zq4k0v3m8x2b",
        now=NOW,
        lifetime=3600,
    )


def test_a_report_goes_from_nobody_to_the_reverse_path() -> None:
    report, _ = made(given(UNKNOWN))
    assert report.message.reverse_path == ""
    assert report.message.recipients == (Recipient("author@author.test"),)
    assert report.message.notice_of == "7zq4k0v3m8x2a-1"
    assert report.message.expires == NOW + 3600
    assert report.message.size == len(report.data)


def test_the_journal_can_be_rebuilt_from_the_facts_that_ride_with_the_report() -> None:
    report, reception = made(given(UNKNOWN))
    assert msgspec.json.decode(report.message.facts, type=Reception) == reception
    assert reception.notice_of == "7zq4k0v3m8x2a-1"
    assert reception.message == report.message.id == "7zq4k0v3m8x2b-1"
    assert reception.reply.positive


def test_the_other_sides_words_and_ours_are_both_in_it() -> None:
    report, _ = made(given(UNKNOWN))
    text = report.data.decode()
    assert "550 5.1.1 no such user here" in text
    assert "Status: 5.1.1" in text
    assert given(UNKNOWN).explanation.meaning.split()[0] in text  # type: ignore[union-attr]


def test_time_that_ran_out_has_a_status_of_class_5() -> None:
    report, _ = made(given(BUSY, expired=True))
    text = report.data.decode()
    assert "Status: 5.4.7" in text
    assert "450 4.2.1 mailbox busy" in text


def test_our_own_words_name_no_remote_server() -> None:
    report, _ = made(given(BUSY, expired=True, peer=""))
    assert "Remote-MTA" not in report.data.decode()


def test_a_report_about_a_message_with_addresses_beyond_ascii_may_hold_them() -> None:
    report, _ = made(given(UNKNOWN), smtputf8=True)
    assert (report.message.body, report.message.smtputf8) == ("8BITMIME", True)
