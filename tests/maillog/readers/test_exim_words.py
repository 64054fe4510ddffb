"""Exim's sentences: what a refusal, a call-out, a broken session say."""

from __future__ import annotations

import pytest

from gatepost.maillog.readers.exim_words import FIELDS, Said, refused, said


@pytest.mark.parametrize(
    ("rest", "stage", "text"),
    [
        (
            "H=x [192.0.2.9] F=<a@example.org> rejected RCPT <b@example.com>: relay not permitted",
            "rcpt",
            "relay not permitted",
        ),
        ("H=x [192.0.2.9] F=<a@example.org> rejected RCPT <b@example.com>", "rcpt", "rejected RCPT"),
        (
            "H=x [192.0.2.9] rejected MAIL <a@example.org>: Sender verify failed",
            "mail",
            "Sender verify failed",
        ),
        (
            "rejected MAIL FROM:<a@example.org> H=x [192.0.2.9]: message too big: size=9",
            "mail",
            "message too big: size=9",
        ),
        ("rejected MAIL from [192.0.2.9]: no HELO/EHLO given", "mail", "no HELO/EHLO given"),
        (
            "rejected HELO from [192.0.2.9]: syntactically invalid argument(s): _x",
            "helo",
            "syntactically invalid argument(s): _x",
        ),
        (
            "rejected EHLO from H=x [192.0.2.9]: syntactically invalid argument(s): _x",
            "helo",
            "syntactically invalid argument(s): _x",
        ),
        ("H=x [192.0.2.9] rejected EHLO or HELO x: no", "helo", "no"),
        ('H=[192.0.2.9] rejected connection in "connect" ACL: no', "connect", "no"),
        ("H=x [192.0.2.9] F=<a@example.org> rejected after DATA: virus found", "content", "virus found"),
        ("H=x [192.0.2.9] F=<a@example.org> rejected during MIME ACL checks: no exe", "content", "no exe"),
        ("H=x [192.0.2.9] F=<a@example.org> rejected DATA: no", "data", "no"),
        ("F=<a@example.org> rejected by local_scan(): no", "content", "no"),
        ("F=<a@example.org> rejected by non-SMTP ACL: no", "content", "no"),
        ("H=x [192.0.2.9] rejected AUTH PLAIN: STARTTLS required", "auth", "STARTTLS required"),
        ("H=x [192.0.2.9] rejected STARTTLS: no", "starttls", "no"),
        (
            "rejected from <a@example.org> H=x [192.0.2.9]: message too big: read=5 max=4",
            "content",
            "message too big: read=5 max=4",
        ),
    ],
)
def test_a_refusal_is_what_we_said_at_its_step(rest: str, stage: str, text: str) -> None:
    told = refused(rest)
    assert (told.result, told.direction, told.stage, told.text) == ("rejected", "sent", stage, text)
    assert (told.code, told.enhanced, told.status) == (0, "", "")


def test_a_refusal_for_now_is_of_the_temporary_class() -> None:
    told = refused('H=x [192.0.2.9] temporarily rejected connection in "connect" ACL: "Host is ratelimited"')
    assert (told.result, told.stage, told.status, told.code) == ("rejected", "connect", "4.0.0", 0)


def test_a_code_is_told_only_where_the_administrator_set_it() -> None:
    told = refused("H=x [192.0.2.9] F=<> temporarily rejected RCPT <b@example.com>: 452 4.5.3 Try again")
    assert (told.code, told.enhanced, told.status) == (452, "4.5.3", "")
    assert (told.sender, told.recipient) == ("<>", "b@example.com")
    assert told.text == "452 4.5.3 Try again"


def test_fields_that_settings_add_stand_between_sender_and_refusal() -> None:
    told = refused("H=x [192.0.2.9]:5 Ci=9 F=<a@example.org> SPF=fail rejected RCPT <b@example.com>: no")
    assert (told.sender, told.recipient, told.text) == ("a@example.org", "b@example.com", "no")


def test_a_refusal_after_a_call_out_gives_the_words_of_the_call_out() -> None:
    told = refused(
        "H=x [192.0.2.9] F=<a@example.org> rejected RCPT <b@example.com>: mx.example.com [192.0.2.25] : SMTP error "
        "from remote mail server after RCPT TO:<b@example.com>: 550 5.1.1 no such user"
    )
    assert (told.result, told.direction, told.stage) == ("rejected", "sent", "rcpt")
    assert (told.code, told.enhanced, told.text) == (550, "5.1.1", "550 5.1.1 no such user")


@pytest.mark.parametrize(
    "answer",
    [
        'response to "RCPT TO:<a@example.org>" was: 550 5.1.1 no',
        'response to "RCPT TO:<a@example.org>" from mx.example.org [192.0.2.25] was: 550 5.1.1 no',
        "SMTP error from remote mail server after RCPT TO:<a@example.org>: 550 5.1.1 no",
    ],
)
def test_a_failed_sender_verification_is_a_reply_received(answer: str) -> None:
    told = refused(f"H=x [192.0.2.9] sender verify fail for <a@example.org>: mx [192.0.2.25] : {answer}")
    assert told == Said(
        text="550 5.1.1 no",
        code=550,
        enhanced="5.1.1",
        direction="received",
        stage="rcpt",
        sender="a@example.org",
    )


def test_a_failed_authentication() -> None:
    told = refused(
        "login authenticator failed for (x) [192.0.2.9]:5: 535 Incorrect authentication data (set_id=a)"
    )
    assert (told.result, told.direction, told.stage, told.code) == ("rejected", "sent", "auth", 535)
    assert told.text == "535 Incorrect authentication data (set_id=a)"


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        (
            'SMTP call from (x) [192.0.2.9]:5 dropped: too many nonmail commands (last was "NOOP")',
            'too many nonmail commands (last was "NOOP")',
        ),
        (
            "SMTP call from [192.0.2.9] dropped: too many syntax or protocol errors",
            "too many syntax or protocol errors",
        ),
        ("Connection from [192.0.2.9] refused: too many connections", "too many connections"),
    ],
)
def test_a_client_that_was_dropped(rest: str, text: str) -> None:
    told = refused(rest)
    assert (told.result, told.direction, told.stage, told.text) == ("rejected", "sent", "connect", text)


def test_input_sent_too_soon_names_the_command() -> None:
    error = "SMTP protocol synchronization error (next input sent too soon: pipelining was not advertised)"
    told = refused(
        f'{error}: rejected "mail from:<a@example.org>" H=(x) [192.0.2.9] next input="rcpt to:<b@c>\\r\\n"'
    )
    assert (told.result, told.stage, told.text) == ("rejected", "mail", error)
    early = "SMTP protocol synchronization error (input sent without waiting for greeting)"
    assert refused(f"{early}: rejected connection from H=[192.0.2.9]").stage == "connect"


def test_an_unqualified_address() -> None:
    told = refused("unqualified recipient rejected: <bob> H=(x) [192.0.2.9]")
    assert (told.result, told.stage, told.text) == ("rejected", "rcpt", "unqualified recipient rejected")
    assert refused("unqualified sender rejected: <ann> H=(x) [192.0.2.9]").stage == "mail"


@pytest.mark.parametrize(
    ("rest", "stage", "text"),
    [
        (
            "SMTP command timeout on connection from (x) [192.0.2.9]:5 I=[192.0.2.1]:25 D=5m",
            "unknown",
            "SMTP command timeout on connection",
        ),
        (
            "SMTP data timeout (message abandoned) on connection from x [192.0.2.9] F=<a@example.org>",
            "content",
            "SMTP data timeout (message abandoned) on connection",
        ),
        (
            "unexpected disconnection while reading SMTP command from (x) [192.0.2.9]:5 D=2s",
            "unknown",
            "unexpected disconnection while reading SMTP command",
        ),
        (
            "SMTP connection from (x) [192.0.2.9] lost while reading message data",
            "unknown",
            "SMTP connection lost while reading message data",
        ),
        (
            "TLS error on connection from (x) [192.0.2.9] (SSL_accept): wrong version number",
            "starttls",
            "TLS error on connection (SSL_accept): wrong version number",
        ),
        (
            "no host name found for IP address 192.0.2.9",
            "connect",
            "no host name found for IP address 192.0.2.9",
        ),
    ],
)
def test_a_session_that_broke_has_no_fate(rest: str, stage: str, text: str) -> None:
    told = refused(rest)
    assert (told.result, told.direction, told.stage, told.text) == ("", "local", stage, text)


def test_a_syntax_error_is_refused() -> None:
    told = refused(
        'SMTP syntax error in "MAIL FROM:a b" H=(x) [192.0.2.9]:5 malformed address: b may not follow a'
    )
    assert (told.result, told.stage) == ("rejected", "mail")
    assert told.text.endswith("malformed address: b may not follow a")
    assert "192.0.2.9" not in told.text


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "Start queue run: pid=4711",
        "no MAIL in SMTP connection from [192.0.2.9]",
        "cwd=/ 3 args: exim -bd",
    ],
)
def test_other_lines_say_nothing(rest: str) -> None:
    assert refused(rest) == Said()


def test_a_reply_without_the_words_before_it_is_not_guessed() -> None:
    assert said("Tainted name 550 5.1.1").direction == "local"
    assert said("") == Said()


@pytest.mark.parametrize(
    ("fields", "rest"),
    [
        (" R=r T=t", ": x"),
        (" R=r T=t H=mx [192.0.2.25]:25 I=[192.0.2.1]:9", " : x"),
        (" H=::1 [::1]", ": x"),
        (' DN="/C=a: b"', ": x"),
        (" defer (-44) H=127.0.0.1 [127.0.0.1]*", ": x"),
        (" F=<a b@example.org>", " x"),
    ],
)
def test_fields_end_where_the_text_begins(fields: str, rest: str) -> None:
    found = FIELDS.match(fields + rest)
    assert found is not None
    assert found[0] == fields
