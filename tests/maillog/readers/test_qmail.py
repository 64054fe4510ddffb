"""qmail's lines: deliveries tied to their message, in every form of time; and what stands in front of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.qmail import Qmail

LABEL = "@400000006922e5a10a8b9c04 "


def read(reader: Qmail, message: str, program: str = "qmail") -> Event:
    event = reader.read(Frame(message, message, program=program))
    assert event is not None
    assert event.system == "qmail"
    return event


def outcome(words: str, what: str = "failure") -> Event:
    return read(Qmail(), f"delivery 5: {what}: {words}")


def test_a_delivery_is_tied_to_its_message_sender_and_recipient() -> None:
    reader = Qmail()
    read(reader, "new msg 77")
    event = read(reader, "info msg 77: bytes 2345 from <a@example.org> qp 4321 uid 89")
    assert (event.key, event.sender, event.size, event.result) == ("77", "a@example.org", 2345, "accepted")
    event = read(reader, "starting delivery 5: msg 77 to remote b@example.net")
    assert (event.key, event.link, event.recipient, event.result) == ("77", "5", "b@example.net", "")
    event = read(
        reader, "delivery 5: success: 192.0.2.25_accepted_message./Remote_host_said:_250_2.0.0_ok_1_qp_99/"
    )
    assert (event.key, event.link, event.sender, event.recipient) == (
        "77",
        "5",
        "a@example.org",
        "b@example.net",
    )
    assert (event.result, event.direction, event.stage, event.peer) == (
        "delivered",
        "received",
        "content",
        "192.0.2.25",
    )
    assert (event.code, event.enhanced, event.text) == (250, "2.0.0", "250 2.0.0 ok 1 qp 99")


def test_a_message_number_that_is_used_again_has_a_new_sender() -> None:
    reader = Qmail()
    read(reader, "info msg 77: bytes 1 from <a@example.org> qp 1 uid 1")
    read(reader, "end msg 77")
    assert read(reader, "starting delivery 6: msg 77 to local b@example.net").sender == ""
    read(reader, "info msg 77: bytes 1 from <> qp 1 uid 1")
    assert read(reader, "starting delivery 7: msg 77 to local b@example.net").sender == "<>"


@pytest.mark.parametrize(
    ("words", "stage", "text", "code", "enhanced"),
    [
        (
            "192.0.2.25_does_not_like_recipient./Remote_host_said:_450_4.7.1_see_http://g.example/h.html/Giving_up_on_x./",
            *("rcpt", "450 4.7.1 see http://g.example/h.html", 450, "4.7.1"),
        ),
        (
            "192.0.2.25_failed_after_I_sent_the_message./Remote_host_said:_550-5.7.1_one/550-5.7.1_two/550_5.7.1_three/",
            *("content", "550-5.7.1 one 550-5.7.1 two 550 5.7.1 three", 550, "5.7.1"),
        ),
        ("192.0.2.25_failed_on_DATA_command./Remote_host_said:_554_no/", "data", "554 no", 554, ""),
        (
            "Connected_to_192.0.2.25_but_sender_was_rejected./Remote_host_said:_553_no_(#5.7.1)/",
            "mail",
            "553 no (#5.7.1)",
            553,
            "",
        ),
        (
            "Connected_to_192.0.2.25_but_greeting_failed./Remote_host_said:_421_busy/",
            "connect",
            "421 busy",
            421,
            "",
        ),
        (
            "Connected_to_192.0.2.25_but_my_name_was_rejected./Remote_host_said:_501_x/",
            "helo",
            "501 x",
            501,
            "",
        ),
        (
            "192.0.2.25_does_not_like_recipient./Remote_host_said:_452_full/I'm_not_going_to_try_again;_this_is_too_long./",
            *("rcpt", "452 full", 452, ""),
        ),
    ],
)
def test_what_the_remote_said_is_its_reply_at_its_step(
    words: str, stage: str, text: str, code: int, enhanced: str
) -> None:
    event = outcome(words)
    assert (event.result, event.direction, event.stage, event.peer) == (
        "bounced",
        "received",
        stage,
        "192.0.2.25",
    )
    assert (event.text, event.code, event.enhanced) == (text, code, enhanced)


@pytest.mark.parametrize(
    ("words", "text", "status", "stage"),
    [
        (
            "Sorry,_I_wasn't_able_to_establish_an_SMTP_connection._(#4.4.1)/",
            *("Sorry, I wasn't able to establish an SMTP connection. (#4.4.1)", "4.4.1", "connect"),
        ),
        (
            "Sorry,_no_mailbox_here_by_that_name._(#5.1.1)/",
            "Sorry, no mailbox here by that name. (#5.1.1)",
            "5.1.1",
            "unknown",
        ),
        ("did_1+0+0/", "did 1+0+0", "", "unknown"),
    ],
)
def test_what_no_remote_said_is_local(words: str, text: str, status: str, stage: str) -> None:
    event = outcome(words, "deferral")
    assert (event.result, event.direction, event.code) == ("deferred", "local", 0)
    assert (event.text, event.status, event.stage) == (text, status, stage)


@pytest.mark.parametrize(
    ("opening", "program", "time"),
    [
        (LABEL, "", "2025-11-23T10:44:39.176921604+00:00"),
        ("1795440605.173123 ", "qmail", "2026-11-23T13:30:05.173123+00:00"),
        ("2026-11-23 15:05:55.123456500 ", "", "2026-11-23T15:05:55.123456500"),
        ("", "qmail-send", ""),
    ],
)
def test_the_time_may_stand_in_several_forms(opening: str, program: str, time: str) -> None:
    event = read(Qmail(), f"{opening}delivery 5: success: did_1+0+0/", program)
    assert (event.time, event.result) == (time, "delivered")


@pytest.mark.parametrize(
    ("message", "program", "stage", "text", "peer"),
    [
        (
            "rblsmtpd: 192.0.2.7 pid 19: 451 http://bl.example/?192.0.2.7",
            "",
            "rcpt",
            "451 http://bl.example/?192.0.2.7",
            "192.0.2.7",
        ),
        ("192.0.2.7 pid 19: 553 blocked", "rblsmtpd", "rcpt", "553 blocked", "192.0.2.7"),
        (
            "1795440605.17 rblsmtpd: 192.0.2.7 pid 19 bl.example: 451 blocked",
            "qmail",
            "rcpt",
            "451 blocked",
            "192.0.2.7",
        ),
        (
            "CHKUSER rejected rcpt: from <a@x.example::> remote <h:mx.example.org:192.0.2.7> rcpt <x@y> : unknown",
            *("", "rcpt", "unknown", "mx.example.org [192.0.2.7]"),
        ),
        (
            "CHKUSER rejected sender: from <a@x.example::> remote <h:unknown:192.0.2.7> rcpt <> : invalid MX",
            *("", "mail", "invalid MX", "192.0.2.7"),
        ),
        (
            "simscan:[12]:VIRUS:0.1s:Eicar:192.0.2.7:a@example.org:b@example.net",
            "",
            "content",
            "virus: Eicar",
            "192.0.2.7",
        ),
        (
            "simscan:[12]:SPAM REJECT (12.3/5.0):0.1s:pills:192.0.2.7:a@example.org:b@example.net",
            *("", "content", "spam reject: pills", "192.0.2.7"),
        ),
        (
            "DENIED_RDNS_MISSING from: a@x.example to: b@y.example origin_ip: 192.0.2.7 origin_rdns: (unknown) x",
            *("spamdyke", "rcpt", "rdns missing", "192.0.2.7"),
        ),
        ("vpopmail user not found info@example.org:192.0.2.7", "vchkpw-smtp", "auth", None, "192.0.2.7"),
    ],
)
def test_what_stands_in_front_refuses(
    message: str, program: str, stage: str, text: str | None, peer: str
) -> None:
    event = read(Qmail(), message, program)
    assert (event.result, event.direction, event.stage, event.peer) == ("rejected", "sent", stage, peer)
    assert event.text == (message if text is None else text)


@pytest.mark.parametrize(
    ("message", "program"),
    [
        ("status: local 0/10 remote 1/20", "qmail"),
        (f"{LABEL}status: exiting", ""),
        (
            "CHKUSER accepted rcpt: from <a@example.org::> remote <h:x:192.0.2.7> rcpt <b@example.net> : found",
            "",
        ),
        ("simscan:[12]:CLEAN (1.3/5.0):0.1s:hi:192.0.2.7:a@example.org:b@example.net", ""),
        ("pid 4711 from 192.0.2.7", "tcpserver"),
    ],
)
def test_other_lines_tell_nothing(message: str, program: str) -> None:
    event = read(Qmail(), message, program)
    assert (event.result, event.text) == ("", "")


@pytest.mark.parametrize(
    ("message", "program"),
    [("hello", ""), (f"{LABEL}hello", ""), ("delivery 5: success: x", "exim"), ("@4000 x", ""), ("", "")],
)
def test_lines_of_others_are_none(message: str, program: str) -> None:
    assert Qmail().read(Frame(message, message, program=program)) is None


def test_what_never_ends_is_forgotten() -> None:
    reader = Qmail()
    for number in range(20_000):
        read(reader, f"info msg {number}: bytes 1 from <a@example.org> qp 1 uid 1")
        read(reader, f"starting delivery {number}: msg {number} to local b@example.net")
    assert len(reader._deliveries) + len(reader._senders) <= 2 * 8192
    assert read(reader, "delivery 19999: success: did_1+0+0/").recipient == "b@example.net"
    assert read(reader, "delivery 1: success: did_1+0+0/").recipient == ""


@given(
    st.text(max_size=200),
    st.sampled_from(["", "delivery 5: failure: ", "@", LABEL, "CHKUSER ", "simscan:[1]:"]),
)
def test_no_text_breaks_it(text: str, opening: str) -> None:
    for program in ("", "qmail"):
        event = Qmail().read(Frame("", opening + text, program=program))
        assert event is None or event.code == 0 or 200 <= event.code <= 599
