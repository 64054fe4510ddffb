"""Exim's lines: deliveries, failures, receptions, in every frame that its settings make."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import unframe
from gatepost.maillog.readers.exim import Exim

LABELLED = Path(__file__).parents[4] / "shared/data/loglines_dev.jsonl"
TODAY = dt.date(2026, 11, 23)
STAGES = {"RCPT TO": "rcpt", "end of DATA": "content", "MAIL FROM": "mail", "DATA": "data"}
KEY = "1xVVdn-00023I-2g"


def read(line: str) -> Event:
    event = Exim().read(unframe(line, TODAY))
    assert event is not None
    return event


def message(rest: str) -> Event:
    event = read(f"2026-11-23 15:07:35 {KEY} {rest}")
    assert event.key == KEY
    return event


def test_a_remote_that_refuses_a_recipient() -> None:
    event = message(
        "** bob@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.25] X=TLS1.3:AES_256:256 "
        'CV=yes DN="/CN=mx.example.com": SMTP error from remote mail server after RCPT TO:<bob@example.com>: '
        "550 5.1.1 <bob@example.com>: no such user"
    )
    assert event == Event(
        system="exim",
        time="2026-11-23T15:07:35",
        key=KEY,
        result="bounced",
        direction="received",
        stage="rcpt",
        text="550 5.1.1 <bob@example.com>: no such user",
        code=550,
        enhanced="5.1.1",
        peer="mx.example.com [192.0.2.25]",
        recipient="bob@example.com",
    )


def test_the_form_until_4_84_has_the_host_before_the_reply() -> None:
    event = message(
        "** bob@example.com R=dnslookup T=remote_smtp: SMTP error from remote mail server after end of data: "
        "host mx.example.com [192.0.2.25]: 554 5.7.1 rejected as spam"
    )
    assert (event.stage, event.code, event.enhanced) == ("content", 554, "5.7.1")
    assert event.text == "554 5.7.1 rejected as spam"
    assert event.peer == "mx.example.com [192.0.2.25]"
    assert event.recipient == "bob@example.com"


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        ("SMTP error from remote mail server after initial connection", "connect"),
        ("SMTP error from remote mail server after EHLO relay.example.org", "helo"),
        ("SMTP error from remote mail server after HELO relay.example.org", "helo"),
        ("SMTP error from remote mail server after STARTTLS", "starttls"),
        ("SMTP error from remote mail server after AUTH PLAIN", "auth"),
        ("SMTP error from remote mail server after MAIL FROM:<a@example.org> SIZE=1325", "mail"),
        ("SMTP error from remote mail server after pipelined MAIL FROM:<a@example.org>", "mail"),
        ("SMTP error from remote mailer after RCPT TO:<bob@example.com>", "rcpt"),
        ("SMTP error from remote mail server after pipelined DATA", "data"),
        ("SMTP error from remote mail server after pipelined end of data", "content"),
        ("SMTP error from remote mail server after pipelined sending data block", "content"),
        ("LMTP error from remote mail server after RCPT TO:<bob@example.com>", "rcpt"),
        ("LMTP error after end of data", "content"),
        ("LMTP error after DATA", "content"),
        ("PRDR error after DATA", "content"),
    ],
)
def test_the_command_before_the_reply_is_the_step(step: str, stage: str) -> None:
    event = message(
        f"== bob@example.com R=r T=t defer (-46) H=mx.example.com [192.0.2.25]: {step}: 451 4.3.0 later"
    )
    assert (event.result, event.direction, event.stage) == ("deferred", "received", stage)
    assert (event.code, event.enhanced, event.text) == (451, "4.3.0", "451 4.3.0 later")
    assert event.peer == "mx.example.com [192.0.2.25]"


def test_a_reply_of_several_lines_is_laid_on_one() -> None:
    event = message(
        "** bob@example.com R=r T=t H=mx.example.com [192.0.2.25]: SMTP error from remote mail server after end of "
        r"data: 550-5.7.26 This mail has been blocked\n550-5.7.26 because it is\n550 5.7.26 not authenticated."
    )
    assert event.text == "550 5.7.26 This mail has been blocked because it is not authenticated."
    assert event.enhanced == "5.7.26"


def test_a_reply_that_outlived_the_retries_is_a_bounce_with_the_last_reply() -> None:
    event = message(
        "** bob@example.com R=r T=t H=mx.example.com [192.0.2.25]: SMTP error from remote mail server after RCPT "
        "TO:<bob@example.com>: 451 4.7.1 try again: retry timeout exceeded"
    )
    assert (event.result, event.text) == ("bounced", "451 4.7.1 try again")


@pytest.mark.parametrize(
    ("rest", "text", "stage", "peer"),
    [
        ("R=r T=t defer (110): Connection timed out", "Connection timed out", "connect", ""),
        (
            "R=r T=t defer (111): Connection refused H=mx [192.0.2.25]",
            "Connection refused",
            "connect",
            "mx [192.0.2.25]",
        ),
        (
            "R=r T=t defer (110): Connection timed out H=mx [192.0.2.25] DT=5m: SMTP timeout after pipelined DATA",
            "Connection timed out: SMTP timeout after pipelined DATA",
            "data",
            "mx [192.0.2.25]",
        ),
        (
            "R=r T=t defer (110) H=mx [192.0.2.25]: SMTP timeout after initial connection: Connection timed out",
            "SMTP timeout after initial connection: Connection timed out",
            "connect",
            "mx [192.0.2.25]",
        ),
        (
            "R=r T=t defer (-18) H=mx [2001:db8::25]: Remote host closed connection in response to EHLO me.example",
            "Remote host closed connection in response to EHLO me.example",
            "helo",
            "mx [2001:db8::25]",
        ),
        (
            "R=r T=t defer (-37) H=mx [192.0.2.25]: TLS session: (SSL_connect): timed out",
            "TLS session: (SSL_connect): timed out",
            "starttls",
            "mx [192.0.2.25]",
        ),
        ("routing defer (-52): retry time not reached", "retry time not reached", "unknown", ""),
        ("R=r defer (-1): host lookup did not complete", "host lookup did not complete", "unknown", ""),
    ],
)
def test_what_no_remote_said_is_local(rest: str, text: str, stage: str, peer: str) -> None:
    event = message("== bob@example.com " + rest)
    assert (event.result, event.direction, event.code) == ("deferred", "local", 0)
    assert (event.text, event.stage, event.peer) == (text, stage, peer)
    assert event.recipient == "bob@example.com"


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("** bob@example.com: Unrouteable address", "Unrouteable address"),
        ("** bob@example.com <list@example.org> R=nobody: Unrouteable address", "Unrouteable address"),
        ("** bob@example.com F=<a@example.org> R=r T=t: retry timeout exceeded", "retry timeout exceeded"),
        (
            "** bob@example.com R=r: all hosts for 'example.com' have been failing for a long time",
            "all hosts for 'example.com' have been failing for a long time",
        ),
    ],
)
def test_a_local_bounce(rest: str, text: str) -> None:
    event = message(rest)
    assert (event.result, event.direction, event.text) == ("bounced", "local", text)
    assert event.recipient == "bob@example.com"


def test_a_delivery_carries_the_reply_that_confirmed_it() -> None:
    event = message(
        "=> bob@example.com F=<a@example.org> P=<a@example.org> R=dnslookup T=remote_smtp S=4815 H=mx.example.com "
        '[192.0.2.25]:25 X=TLS1.3:AES_256:256 CV=yes K C="250 2.0.0 Ok: queued as \\"4ABC\\"" QT=1m2.5s DT=1s'
    )
    assert (event.result, event.direction, event.stage) == ("delivered", "received", "content")
    assert (event.code, event.enhanced) == (250, "2.0.0")
    assert event.text == '250 2.0.0 Ok: queued as "4ABC"'
    assert (event.sender, event.size, event.delay) == ("a@example.org", 4815, 62.5)
    assert event.peer == "mx.example.com [192.0.2.25]"


@pytest.mark.parametrize("flag", ["=>", "->", ">>", "*>"])
def test_every_flag_of_a_delivery(flag: str) -> None:
    assert message(f"{flag} bob@example.com R=r T=t H=mx [192.0.2.25]").result == "delivered"


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("bob <bob@example.org>", "bob@example.org"),
        ("bob@example.com <bob@example.org>", "bob@example.com"),
        ("bob@example.com (list@example.org) <all@example.org>", "bob@example.com"),
        ("|/usr/bin/sort -u <pipe@example.org>", "pipe@example.org"),
        ("/var/mail/archive <archive@example.org>", "archive@example.org"),
    ],
)
def test_a_pipe_a_file_and_a_local_part_are_named_by_the_address_they_came_from(
    address: str, recipient: str
) -> None:
    assert message(f"=> {address} R=router T=transport").recipient == recipient


@pytest.mark.parametrize(
    "target", [":blackhole: <bob@example.org> R=drop", "/dev/null <bob@example.org> R=drop"]
)
def test_a_blackhole_discards(target: str) -> None:
    event = message("=> " + target)
    assert (event.result, event.recipient) == ("discarded", "bob@example.org")


def test_a_message_accepted() -> None:
    event = message(
        "<= ann@example.org H=out.example.org (helo.example.org) [192.0.2.9]:4711 I=[192.0.2.1]:25 P=esmtps "
        'X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S=2048 id=20261123.1@example.org T="about H=x [y] S=9 for you" '
        "from <ann@example.org> for bob@example.com"
    )
    assert (event.result, event.sender, event.recipient) == ("accepted", "ann@example.org", "bob@example.com")
    assert event.peer == "out.example.org (helo.example.org) [192.0.2.9]"
    assert (event.size, event.message_id) == (2048, "20261123.1@example.org")


def test_a_bounce_of_ours_names_the_message_it_is_about() -> None:
    event = message("<= <> R=1xVVdm-00023I-1A U=Debian-exim P=local S=4096")
    assert (event.sender, event.link, event.result) == ("<>", "1xVVdm-00023I-1A", "accepted")


def test_the_end_of_a_message_tells_its_time_in_the_queue() -> None:
    event = message("Completed QT=1w2d3h4m5s")
    assert (event.result, event.text) == ("", "")
    assert event.delay == 604800 + 2 * 86400 + 3 * 3600 + 4 * 60 + 5


@pytest.mark.parametrize("rest", ["*** Frozen (delivery error message)", "Message is frozen", "Frozen"])
def test_a_frozen_message_is_held(rest: str) -> None:
    assert message(rest).result == "held"


@pytest.mark.parametrize(
    ("frame", "time_"),
    [
        ("2026-11-23 15:07:35 ", "2026-11-23T15:07:35"),
        ("2026-11-23 15:07:35.712 ", "2026-11-23T15:07:35.712"),
        ("2026-11-23 15:07:35 +0100 ", "2026-11-23T15:07:35+01:00"),
        ("2026-11-23 15:07:35.712 -0330 [4711] ", "2026-11-23T15:07:35.712-03:30"),
        ("2026-11-23 15:07:35 info exim[8001]: [8001] ", "2026-11-23T15:07:35"),
        ("Nov 23 15:07:35 mail exim[4711]: ", "2026-11-23T15:07:35"),
        ("Nov 23 15:07:36 mail exim[4711]: 2026-11-23 15:07:35 [4711] ", "2026-11-23T15:07:35"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("key", [KEY, "10HmaX-000000005vi-0000"])
def test_every_frame_that_the_settings_make(frame: str, time_: str, key: str) -> None:
    event = read(f"{frame}{key} == bob@example.com R=r T=t defer (111): Connection refused")
    assert (event.time, event.key, event.text) == (time_, key, "Connection refused")


def test_a_line_without_message_id_takes_a_process_id_too() -> None:
    event = read(
        "2026-11-23 15:07:35 [4711] H=(x) [192.0.2.9]:5 F=<a@example.org> rejected RCPT <b@example.com>: no"
    )
    assert (event.peer, event.text, event.key) == ("(x) [192.0.2.9]", "no", "")


def test_a_message_log_has_no_message_id() -> None:
    event = read(
        "2026-11-23 15:07:35 H=mx [192.0.2.25]: SMTP error from remote mail server after RCPT TO:<b@example>: 451 x"
    )
    assert (event.direction, event.code, event.result) == ("received", 451, "")
    assert event.peer == "mx [192.0.2.25]"
    assert (
        read("2026-11-23 15:07:35 Received from a@example.org H=mx [192.0.2.9] P=esmtp S=9").sender
        == "a@example.org"
    )


def test_the_header_section_in_a_reject_log_belongs_to_the_refusal() -> None:
    reader = Exim()
    header = [
        "Envelope-from: <a@example.org>",
        "P Received: from x",
        "  Subject: 550 5.1.1 no",
        "\tmore",
        "----------",
    ]
    refusal = f"2026-11-23 15:07:35 {KEY} H=x [192.0.2.9] F=<a@example.org> rejected after DATA: virus"
    assert [reader.read(unframe(line, TODAY)) for line in header] == [None] * len(header)
    for line in [refusal, *header]:
        event = reader.read(unframe(line, TODAY))
        assert event is not None
        assert event.text == ("virus" if line is refusal else "")
    assert reader.read(unframe("550 5.1.1 another system's line", TODAY)) is None
    assert reader.read(unframe("  Subject: x", TODAY)) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "550 5.1.1 no such user",
        "2026-11-23 15:07:35 #4711(normal) <ab12cd>; task; rspamd_task_write_log: id: <x@example.org>, rejected",
        "2026-11-23 15:07:35",
        "2026-11-23 15:07:35 ",
        "2026-11-23T15:07:35Z,conn,session,1,192.0.2.1:25,192.0.2.9:5,>,550 5.1.1 x,",
        "Nov 23 15:07:35 mail postfix/smtp[1]: 4ABC: to=<a@example.org>, status=deferred (x)",
        "abcdef-abcdef-ab is no message of Exim",
    ],
)
def test_a_line_of_another_system_is_not_taken(line: str) -> None:
    assert Exim().read(unframe(line, TODAY)) is None


@given(
    st.text(max_size=200),
    st.sampled_from(["", "== ", "** ", "=> ", "<= ", "H=", "rejected ", "SMTP error from "]),
)
def test_any_text_is_read_without_fault(text: str, start: str) -> None:
    event = message((start + text).replace("\n", " "))
    assert event.code == 0 or 200 <= event.code <= 599
    assert event.code or not event.enhanced


@pytest.mark.parametrize(
    "piece",
    [" ", ": ", " H=a", " H=a (", "<a> ", ' T="', " rejected RCPT <", " from (", ": host x [", "\\n550 "],
)
@pytest.mark.parametrize(
    "start", ["** a@b", "<= a@b", "H=", "SMTP error from remote mail server after RCPT TO:<x>"]
)
def test_a_hostile_line_costs_little(start: str, piece: str) -> None:
    # What is not linear takes minutes.
    assert len(message(start + piece * (65_000 // len(piece))).text) < 70_000


# The labelled lines belong to others and are not a part of the project: where they are not, nobody can fetch them.
if LABELLED.exists():

    def test_labelled_lines_give_code_enhanced_code_step_and_result() -> None:
        rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
        rows = [row for row in rows if row["mta"] == "exim" and row["source"].startswith("generated")]
        hits = 0
        for row in rows:
            event, expected = read(row["line"]), row["expected"]
            assert event.direction == "received"
            words = " ".join(filter(None, (expected["code"], expected["enhanced"], expected["text"])))
            assert event.text.split() == words.split()
            hits += (str(event.code), event.enhanced, event.stage, event.result) == (
                expected["code"],
                expected["enhanced"],
                STAGES[expected["stage"]],
                expected["result"],
            )
        assert len(rows) == 356
        assert hits >= 0.97 * len(rows)

    def test_all_labelled_lines_but_debugging_output_are_taken() -> None:
        rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
        reader = Exim()
        foreign = [
            row["line"]
            for row in rows
            if row["mta"] == "exim" and reader.read(unframe(row["line"], TODAY)) is None
        ]
        assert len(foreign) <= 3, foreign
