"""OpenSMTPD's lines, of its three generations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.maillog.event import Event
from gatepost.maillog.frame import Frame
from gatepost.maillog.readers.opensmtpd import Opensmtpd

SESSION = "0123456789abcdef"
EVPID = "ab12cd3400112233"
PATHS = "from=<a@example.org> to=<b@example.net> rcpt=<->"
OLD_PATHS = "from=<a@example.org>, to=<b@example.net>, rcpt=<->"


def read(*messages: str, program: str = "smtpd") -> Event:
    reader = Opensmtpd()
    for message in messages:
        event = reader.read(Frame(message, message, program=program))
    assert event is not None
    assert event.system == "opensmtpd"
    return event


def delivered(result: str, stat: str) -> list[Event]:
    """Read the same delivery in the form of each generation."""
    fields = (
        f'source="192.0.2.1" relay="192.0.2.25 (mx.example.net)" delay=1m2s result="{result}" stat="{stat}"'
    )
    old = f"source=192.0.2.1, relay=192.0.2.25 (mx.example.net), delay=62s, stat={stat}"
    events = [
        read(f"{SESSION} mta delivery evpid={EVPID} {PATHS} {fields}"),
        read(f"{SESSION} mta event=delivery evpid={EVPID} {PATHS} {fields}"),
        read(f"relay: {result} for {EVPID}: session={SESSION}, {OLD_PATHS}, {old}"),
    ]
    for event in events:
        assert (event.key, event.sender, event.recipient) == ("ab12cd34", "a@example.org", "b@example.net")
        assert (event.peer, event.delay) == ("192.0.2.25 (mx.example.net)", 62.0)
    return events


@pytest.mark.parametrize(
    ("result", "stat", "expected"),
    [
        ("Ok", "250 2.0.0 Ok", ("delivered", "received", "content", 250, "2.0.0")),
        ("TempFail", "451 4.7.1 Greylisted, see x", ("deferred", "received", "unknown", 451, "4.7.1")),
        ("PermFail", '550 no "such" user', ("bounced", "received", "unknown", 550, "")),
        ("TempFail", "Network error on destination MXs", ("deferred", "local", "unknown", 0, "")),
    ],
)
def test_a_delivery_is_read_in_each_form(
    result: str, stat: str, expected: tuple[str, str, str, int, str]
) -> None:
    for event in delivered(result, stat):
        assert (event.result, event.direction, event.stage, event.code, event.enhanced) == expected
        assert event.text == stat


def test_a_local_delivery_says_nothing_to_a_remote() -> None:
    event = read(f"{SESSION} mda delivery evpid={EVPID} {PATHS} user=b delay=0s result=Ok stat=Delivered")
    assert (event.result, event.direction, event.text, event.code) == ("delivered", "local", "Delivered", 0)
    event = read(
        f'{SESSION} mda delivery evpid={EVPID} {PATHS} user=b result="TempFail" stat="Error ("disk full")"'
    )
    assert (event.result, event.text) == ("deferred", 'Error ("disk full")')


@pytest.mark.parametrize(
    ("command", "stage", "sender", "recipient"),
    [
        ("RCPT TO:<b@example.net>", "rcpt", "", "b@example.net"),
        ("MAIL FROM:<a@example.org>", "mail", "a@example.org", ""),
        ("MAIL FROM:<>", "mail", "<>", ""),
        ("DATA", "data", "", ""),
        ("EHLO x", "helo", "", ""),
        ("", "content", "", ""),
    ],
)
def test_a_command_that_failed_is_a_refusal(command: str, stage: str, sender: str, recipient: str) -> None:
    for message in (
        f'{SESSION} smtp failed-command command="{command}" result="550 5.7.1 no"',
        f'{SESSION} smtp event=failed-command address=192.0.2.7 host=x command="{command}" result="550 5.7.1 no"',
        f'smtp-in: Failed command on session {SESSION}: "{command}" => 550 5.7.1 no',
    ):
        event = read(message)
        assert (event.result, event.direction, event.stage) == ("rejected", "sent", stage)
        assert (event.text, event.code, event.enhanced, event.link) == ("550 5.7.1 no", 550, "5.7.1", SESSION)
        assert (event.sender, event.recipient) == (sender, recipient)


def test_the_client_is_known_from_where_the_session_began_until_it_ends() -> None:
    begin = f"{SESSION} smtp connected address=192.0.2.7 host=mail.example.org"
    failed = f'{SESSION} smtp failed-command command="DATA" result="503 no"'
    assert read(begin, failed).peer == "mail.example.org [192.0.2.7]"
    assert read(begin, f"{SESSION} smtp disconnected reason=quit", failed).peer == ""


def test_a_message_taken_in_is_accepted() -> None:
    event = read(f"{SESSION} smtp message msgid=ab12cd34 size=512 nrcpt=1 proto=ESMTP")
    assert (event.result, event.key, event.link, event.size) == ("accepted", "ab12cd34", SESSION, 512)
    event = read(
        f"smtp-in: Accepted message ab12cd34 on session {SESSION}: {OLD_PATHS}, size=501, ndest=1, proto=ESMTP"
    )
    assert (event.result, event.key, event.sender, event.size) == (
        "accepted",
        "ab12cd34",
        "a@example.org",
        501,
    )


def test_a_session_that_broke_is_told_without_a_fate() -> None:
    event = read(f"{SESSION} mta error reason=Connection timeout")
    assert (event.result, event.direction, event.text) == ("", "local", "Connection timeout")
    event = read(f"{SESSION} mta error reason=421 4.7.0 too many")
    assert (event.direction, event.code) == ("received", 421)
    event = read(f"smtp-out: Error on session {SESSION}: Connection timeout")
    assert (event.text, event.link) == ("Connection timeout", SESSION)
    event = read(f'{SESSION} smtp disconnected reason="io-error: reset by peer"')
    assert event.text == "io-error: reset by peer"
    event = read(f"{SESSION} smtp authentication user=u result=permfail")
    assert (event.result, event.stage) == ("rejected", "auth")


@pytest.mark.parametrize(
    "message",
    [
        f"{SESSION} smtp connected address=192.0.2.7 host=x",
        f"{SESSION} smtp disconnected reason=quit",
        f"{SESSION} smtp envelope evpid={EVPID} from=<a@example.org> to=<b@example.net>",
        f"smtp-in: Closing session {SESSION}",
        "info: OpenSMTPD 7.4.0 starting",
    ],
)
def test_other_lines_tell_nothing(message: str) -> None:
    event = read(message)
    assert (event.result, event.text) == ("", "")


@pytest.mark.parametrize(
    ("message", "program"), [("hello", "smtpd"), ("hello", ""), (f"{SESSION} smtp message", "exim")]
)
def test_lines_of_others_are_none(message: str, program: str) -> None:
    assert Opensmtpd().read(Frame(message, message, program=program)) is None


def test_sessions_that_never_end_are_forgotten() -> None:
    reader = Opensmtpd()
    for number in range(10_000):
        reader.read(Frame("", f"{number:016x} smtp connected address=192.0.2.7 host=x", program="smtpd"))
    assert len(reader._peers) <= 4096


@given(
    st.text(max_size=200),
    st.sampled_from([f"{SESSION} mta delivery ", f"{SESSION} smtp failed-command ", "relay: Ok for "]),
)
def test_no_text_breaks_it(text: str, opening: str) -> None:
    event = Opensmtpd().read(Frame("", opening + text, program="smtpd"))
    assert event is None or event.code == 0 or 200 <= event.code <= 599
