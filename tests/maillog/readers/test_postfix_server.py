"""What Postfix says of clients: refusals, milters, postscreen, broken connections."""

from __future__ import annotations

import pytest

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.postfix import Postfix
from gatepost.maillog.readers.postfix_server import looks_like_server, read_cleanup, read_server

CLIENT = "mail.example.org[192.0.2.7]"
ENVELOPE = "from=<a@example.org> to=<b@example.com> proto=ESMTP helo=<mail.example.org>"
KEY = "4F2A1B3C4D"


def said(message: str) -> Event:
    frame = Frame(message, message, program="postfix/smtpd")
    event = Postfix().read(frame)
    assert event == read_server(frame, message)
    return event


def cleanup(message: str) -> Event:
    frame = Frame(message, message, program="postfix/cleanup")
    event = read_cleanup(frame, message)
    assert event is not None
    assert Postfix().read(frame) == event
    return event


@pytest.mark.parametrize("key", ["NOQUEUE", KEY])
@pytest.mark.parametrize("client", [CLIENT, "unknown[2001:db8::7]", f"{CLIENT}:51234"])
def test_a_refusal_is_our_reply_to_the_client(key: str, client: str) -> None:
    reply = "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.example; see https://bl.example/?x"
    event = said(f"{key}: reject: RCPT from {client}: {reply}; {ENVELOPE}")
    assert (event.result, event.direction, event.stage) == ("rejected", "sent", "rcpt")
    assert (event.text, event.code, event.enhanced) == (reply, 554, "5.7.1")
    assert (event.sender, event.recipient) == ("a@example.org", "b@example.com")
    assert event.peer == client.removesuffix(":51234")
    assert event.key == ("" if key == "NOQUEUE" else key)


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        ("CONNECT", "connect"),
        ("EHLO", "helo"),
        ("HELO", "helo"),
        ("MAIL", "mail"),
        ("RCPT", "rcpt"),
        ("DATA", "data"),
        ("END-OF-MESSAGE", "content"),
        ("BDAT", "content"),
        ("AUTH", "auth"),
        ("STARTTLS", "starttls"),
        ("VRFY", "unknown"),
    ],
)
def test_the_step_is_that_of_the_command(step: str, stage: str) -> None:
    event = said(
        f"NOQUEUE: reject: {step} from {CLIENT}: 450 4.7.25 Client host rejected: "
        "cannot find your hostname, [192.0.2.7]; proto=ESMTP"
    )
    assert (event.stage, event.code, event.enhanced, event.result) == (stage, 450, "4.7.25", "rejected")
    assert event.text.endswith("[192.0.2.7]")


def test_the_null_reverse_path_is_told_from_none() -> None:
    reply = "550 5.1.1 <b@example.com>: Recipient address rejected: User unknown in relay recipient table"
    assert (
        said(
            f"NOQUEUE: reject: RCPT from {CLIENT}: {reply}; from=<> to=<b@example.com> proto=SMTP helo=<x>"
        ).sender
        == "<>"
    )
    assert (
        said(
            f"NOQUEUE: reject: HELO from {CLIENT}: 504 5.5.2 <x>: Helo command rejected; proto=SMTP helo=<x>"
        ).sender
        == ""
    )


@pytest.mark.parametrize(
    ("action", "result", "told"),
    [
        ("reject", "rejected", True),
        ("milter-reject", "rejected", True),
        ("proxy-reject", "rejected", True),
        ("hold", "held", True),
        ("milter-hold", "held", True),
        ("discard", "discarded", True),
        ("reject_warning", "", True),
        ("warn", "", True),
        ("filter", "", False),
        ("redirect", "", False),
        ("prepend", "", False),
    ],
)
def test_what_was_done_is_the_result(action: str, result: str, told: bool) -> None:
    event = said(
        f"NOQUEUE: {action}: RCPT from {CLIENT}: <b@example.com>: Recipient address triggers X action; {ENVELOPE}"
    )
    assert event.result == result
    assert event.text == ("<b@example.com>: Recipient address triggers X action" if told else "")


def test_a_proxy_answers_for_the_whole_message() -> None:
    event = said(f"NOQUEUE: proxy-reject: END-OF-MESSAGE: 554 5.7.0 Reject, id=1; {ENVELOPE}")
    assert (event.result, event.stage, event.code, event.sender) == (
        "rejected",
        "content",
        554,
        "a@example.org",
    )
    event = said(f"NOQUEUE: proxy-accept: END-OF-MESSAGE: 250 2.0.0 Ok: queued as 4X; {ENVELOPE}")
    assert (event.result, event.code) == ("accepted", 250)


def test_a_client_that_was_let_in_is_accepted() -> None:
    event = said(f"{KEY}: client={CLIENT}, sasl_method=PLAIN, sasl_username=a@example.org")
    assert (event.result, event.key, event.peer, event.link) == ("accepted", KEY, CLIENT, "")
    event = said(f"{KEY}: client=localhost[127.0.0.1], orig_queue_id=9A8B7C6D5E, orig_client={CLIENT}")
    assert event.link == "9A8B7C6D5E"


@pytest.mark.parametrize(
    ("message", "stage"),
    [
        (f"lost connection after CONNECT from {CLIENT}", "connect"),
        (f"lost connection after DATA (1234 bytes) from {CLIENT}", "data"),
        (f"timeout after END-OF-MESSAGE from {CLIENT}", "content"),
        (f"too many errors after RCPT from {CLIENT}", "rcpt"),
        (f"improper command pipelining after EHLO from {CLIENT}: MAIL FROM:<>", "helo"),
        (f"SSL_accept error from {CLIENT}: -1", "starttls"),
    ],
)
def test_a_connection_that_broke_is_told_without_a_fate(message: str, stage: str) -> None:
    event = said(message)
    assert (event.result, event.direction, event.stage, event.peer) == ("", "local", stage, CLIENT)
    assert message.startswith(event.text)
    assert event.text


def test_a_login_that_failed_is_a_refusal() -> None:
    event = said(f"warning: {CLIENT}: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=a")
    assert (event.result, event.direction, event.stage, event.peer) == ("rejected", "sent", "auth", CLIENT)
    assert event.text.startswith("SASL LOGIN authentication failed")


def test_a_limit_that_is_reached_is_a_refusal() -> None:
    event = said(f"warning: Connection concurrency limit exceeded: 51 from {CLIENT} for service smtpd")
    assert (event.result, event.stage, event.peer) == ("rejected", "connect", CLIENT)


@pytest.mark.parametrize(
    "message",
    [
        f"connect from {CLIENT}",
        f"disconnect from {CLIENT} ehlo=1 mail=1 rcpt=0/1 quit=1 commands=3/4",
        "warning: hostname mail.example.org does not resolve to address 192.0.2.7",
        "warning: TLS library problem: error:1408F10B",
        f"Anonymous TLS connection established from {CLIENT}: TLSv1.3 with cipher X",
        "PASS NEW [192.0.2.7]:51234",
        "CONNECT from [192.0.2.7]:51234 to [192.0.2.1]:25",
        "",
    ],
)
def test_what_is_of_no_message_tells_nothing(message: str) -> None:
    event = said(message)
    assert (event.result, event.text, event.direction) == ("", "", "unknown")


# --- postscreen ---


def test_postscreen_refuses_with_commas_in_its_envelope() -> None:
    reply = "550 5.7.1 Service unavailable; client [192.0.2.7] blocked using bl.example"
    event = said(
        f"NOQUEUE: reject: RCPT from [192.0.2.7]:51234: {reply}; "
        "from=<a@example.org>, to=<b@example.com>, proto=ESMTP, helo=<x>"
    )
    assert (event.text, event.code, event.stage, event.peer) == (reply, 550, "rcpt", "[192.0.2.7]")
    assert (event.sender, event.recipient) == ("a@example.org", "b@example.com")
    event = said("NOQUEUE: reject: CONNECT from [192.0.2.7]:51234: too many connections")
    assert (event.result, event.text, event.code, event.stage) == (
        "rejected",
        "too many connections",
        0,
        "connect",
    )


@pytest.mark.parametrize(
    ("message", "stage"),
    [
        ("PREGREET 14 after 0.08 from [192.0.2.7]:51234: EHLO x\\r\\n", "connect"),
        ("DNSBL rank 3 for [192.0.2.7]:51234", "connect"),
        ("HANGUP after 1.2 from [192.0.2.7]:51234 in tests before SMTP handshake", "connect"),
        ("COMMAND COUNT LIMIT from [192.0.2.7]:51234 after RCPT", "rcpt"),
        ("COMMAND PIPELINING from [192.0.2.7]:51234 after EHLO: x", "helo"),
        ("BARE NEWLINE from [192.0.2.7]:51234 after CONNECT", "connect"),
    ],
)
def test_what_postscreen_noticed_is_told_without_a_fate(message: str, stage: str) -> None:
    event = said(message)
    assert (event.result, event.direction, event.peer, event.text) == ("", "local", "[192.0.2.7]", message)
    assert event.stage == stage


# --- cleanup ---


def test_a_message_id_is_tied_to_the_queue_id() -> None:
    event = cleanup(f"{KEY}: message-id=<m@example.org>")
    assert (event.key, event.message_id, event.result) == (KEY, "<m@example.org>", "")


def test_a_milters_refusal_of_the_content_has_no_code_in_the_log() -> None:
    event = cleanup(
        f"{KEY}: milter-reject: END-OF-MESSAGE from {CLIENT}: 5.7.1 Spam message rejected; {ENVELOPE}"
    )
    assert (event.result, event.direction, event.stage) == ("rejected", "sent", "content")
    assert (event.code, event.enhanced, event.text) == (0, "5.7.1", "5.7.1 Spam message rejected")
    assert (event.key, event.peer, event.sender, event.recipient) == (
        KEY,
        CLIENT,
        "a@example.org",
        "b@example.com",
    )


@pytest.mark.parametrize(
    "part",
    ["header Subject: cheap from me", "body Buy now", "mime header Content-Type: x", "nested header X: y"],
)
def test_a_refusal_by_header_or_body_checks_tells_what_the_rule_says(part: str) -> None:
    event = cleanup(f"{KEY}: reject: {part} from {CLIENT}; {ENVELOPE}: 5.7.1 no adverts: none")
    assert (event.result, event.stage, event.text, event.enhanced) == (
        "rejected",
        "content",
        "5.7.1 no adverts: none",
        "5.7.1",
    )
    assert (event.sender, event.recipient, event.peer) == ("a@example.org", "b@example.com", CLIENT)


def test_a_rule_without_words_is_told_by_what_it_met() -> None:
    event = cleanup(f"{KEY}: hold: header X-Spam: YES from local; from=<a@example.org> to=<b@example.com>")
    assert (event.result, event.text, event.sender) == ("held", "header X-Spam: YES", "a@example.org")


def test_what_changes_a_message_gives_no_reason() -> None:
    event = cleanup(f"{KEY}: replace: header MIME-Version: 1.0 from {CLIENT}; {ENVELOPE}: Mime-Version: 1.0")
    assert (event.result, event.text) == ("", "")


def test_a_form_of_the_server_is_known_without_its_name() -> None:
    assert looks_like_server(f"NOQUEUE: reject: RCPT from {CLIENT}: 554 5.7.1 no; {ENVELOPE}")
    assert looks_like_server(f"lost connection after CONNECT from {CLIENT}")
    assert not looks_like_server("warning: all is well")
    assert not looks_like_server(f"{KEY}: something: else entirely: here")
