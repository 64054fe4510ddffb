"""A command line becomes a command, or the reply that says why it is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.path import Mailbox
from gatepost.smtp.command import (
    VERBS,
    Command,
    Data,
    Ehlo,
    Expn,
    Help,
    Mail,
    Malformed,
    Noop,
    Quit,
    Rcpt,
    Rset,
    StartTls,
    Vrfy,
    parse_command,
)

A = Mailbox("a@b.example", "b.example")
WIDE = Mailbox("ü@b.example", "b.example")

COMMANDS: list[tuple[str, Command]] = [
    ("EHLO client.example", Ehlo("client.example")),
    ("HELO client.example", Ehlo("client.example", extended=False)),
    ("ehlo [192.0.2.1]", Ehlo("[192.0.2.1]")),
    ("EHLO [IPv6:2001:db8::1]", Ehlo("[IPv6:2001:db8::1]")),
    ("EHLO localhost", Ehlo("localhost")),
    ("EHLO host_name.", Ehlo("host_name.")),
    ("MAIL FROM:<a@b.example>", Mail(A)),
    ("mail from:<a@b.example>", Mail(A)),
    ("MAIL FROM: <a@b.example>", Mail(A)),
    ("MAIL FROM:<a@b.example>  ", Mail(A)),
    ("MAIL FROM:<>", Mail(None)),
    ("MAIL FROM:<> SIZE=0", Mail(None)),
    ("MAIL FROM:<a@b.example> SIZE=1000", Mail(A, size=1000)),
    ("MAIL FROM:<a@b.example> size=1 body=8bitmime", Mail(A, size=1, body="8BITMIME")),
    ("MAIL FROM:<a@b.example>  BODY=7BIT  SMTPUTF8", Mail(A, smtputf8=True)),
    ("MAIL FROM:<ü@b.example> SMTPUTF8", Mail(WIDE, smtputf8=True)),
    ("RCPT TO:<a@b.example>", Rcpt(A)),
    ("rcpt to: <a@b.example>", Rcpt(A)),
    ("RCPT TO:<postmaster>", Rcpt(Mailbox("postmaster", ""))),
    ('RCPT TO:<"a> b"@b.example>', Rcpt(Mailbox('"a> b"@b.example', "b.example"))),
    ("RCPT TO:<ü@b.example>", Rcpt(WIDE)),  # whether SMTPUTF8 was said, the session knows
    ("RCPT TO:<@c,@d:a@b.example>", Rcpt(A)),
    ("DATA", Data()),
    ("data ", Data()),
    ("RSET", Rset()),
    ("NOOP", Noop()),
    ("NOOP what ever", Noop()),
    ("VRFY a@b.example", Vrfy("a@b.example", A)),
    ("VRFY <a@b.example>", Vrfy("<a@b.example>", A)),
    ("VRFY ü@b.example SMTPUTF8", Vrfy("ü@b.example", WIDE)),
    ("VRFY somebody", Vrfy("somebody")),
    ("EXPN list", Expn("list")),
    ("HELP", Help()),
    ("help mail", Help("MAIL")),
    ("QUIT", Quit()),
    ("QUIT \t", Quit()),
    ("STARTTLS", StartTls()),
]

MALFORMED: list[tuple[str, str, str]] = [
    ("", "command-unknown", ""),
    (" ", "command-unknown", ""),
    (" EHLO a", "command-unknown", ""),
    ("FOO", "command-unknown", ""),
    ("GET / HTTP/1.1", "command-unknown", ""),
    ("MAILFROM:<a@b>", "command-unknown", ""),
    ("DATA\tx", "command-unknown", ""),
    ("maıl FROM:<a@b>", "command-unknown", ""),
    *(
        (verb, "not-implemented", verb)
        for verb in (
            "SEND",
            "SOML",
            "SAML",
            "TURN",
            "ETRN",
            "ATRN",
            "BDAT",
            "AUTH",
            "BURL",
            "XCLIENT",
            "XFORWARD",
        )
    ),
    ("auth PLAIN AGEAYg==", "not-implemented", "AUTH"),
    ("EHLO", "bad-helo", ""),
    ("EHLO a b", "bad-helo", ""),
    ("HELO -a", "bad-helo", ""),
    ("HELO ü.example", "bad-helo", ""),
    ("EHLO [300.0.0.1]", "bad-helo", ""),
    ("EHLO " + "a." * 200 + "a", "bad-helo", ""),
    ("MAIL", "bad-argument", "FROM:"),
    ("MAIL <a@b>", "bad-argument", "FROM:"),
    ("MAIL FROM", "bad-argument", "FROM:"),
    ("MAIL FROM :<a@b>", "bad-argument", "FROM:"),
    ("MAIL FROM:", "bad-reverse-path", "brackets"),
    ("MAIL FROM:a@b", "bad-reverse-path", "brackets"),
    ("MAIL FROM:<a@b", "bad-reverse-path", "brackets"),
    ("MAIL FROM:<a>", "bad-reverse-path", "no @"),
    ("MAIL FROM:<a@b>SIZE=1", "bad-argument", "space"),
    ("MAIL FROM:<a@b> SIZE", "bad-argument", "SIZE"),
    ("MAIL FROM:<a@b> SIZE=", "bad-argument", "SIZE"),
    ("MAIL FROM:<a@b> SIZE=-1", "bad-argument", "SIZE"),
    ("MAIL FROM:<a@b> SIZE=1²", "bad-argument", "SIZE"),
    ("MAIL FROM:<a@b> SIZE=" + "1" * 21, "bad-argument", "SIZE"),
    ("MAIL FROM:<a@b> SIZE=1 SIZE=2", "bad-argument", "twice"),
    ("MAIL FROM:<a@b> BODY=BINARYMIME", "body-type-unknown", "BINARYMIME"),
    ("MAIL FROM:<a@b> BODY", "body-type-unknown", ""),
    ("MAIL FROM:<a@b> SMTPUTF8=yes", "bad-argument", "SMTPUTF8"),
    ("MAIL FROM:<a@b> AUTH=<>", "parameter-unknown", "AUTH"),
    ("MAIL FROM:<a@b> RET=HDRS", "parameter-unknown", "RET"),
    ("MAIL FROM:<ü@b>", "smtputf8-needed", ""),
    ("RCPT", "bad-argument", "TO:"),
    ("RCPT FROM:<a@b>", "bad-argument", "TO:"),
    ("RCPT TO:", "bad-forward-path", "brackets"),
    ("RCPT TO:<>", "bad-forward-path", "empty"),
    ("RCPT TO:<a@b>x", "bad-argument", "space"),
    ("RCPT TO:<a@b> NOTIFY=NEVER", "parameter-unknown", "NOTIFY"),
    ("DATA now", "bad-argument", "DATA"),
    ("RSET x", "bad-argument", "RSET"),
    ("QUIT x", "bad-argument", "QUIT"),
    ("STARTTLS x", "bad-argument", "STARTTLS"),
    ("VRFY", "bad-argument", "VRFY"),
    ("VRFY  SMTPUTF8", "bad-argument", "VRFY"),
    ("EXPN", "bad-argument", "EXPN"),
]


@pytest.mark.parametrize(("line", "command"), COMMANDS)
def test_a_command_is_read(line: str, command: Command) -> None:
    assert parse_command(line.encode()) == command


@pytest.mark.parametrize(("line", "entry", "words"), MALFORMED)
def test_what_is_no_command_gets_its_reply(line: str, entry: str, words: str) -> None:
    malformed = parse_command(line.encode(), "7zq4k0v3m8x2a")
    assert isinstance(malformed, Malformed)
    assert malformed.reply.entry == entry
    assert words in malformed.reply.text
    assert malformed.reply.text.endswith(f"({entry} 7zq4k0v3m8x2a)")


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (b"EHLO \xff", "bad-helo"),
        (b"MAIL FROM:<\xff@b> SMTPUTF8", "bad-reverse-path"),
        (b"RCPT TO:<a@\xff>", "bad-forward-path"),
        (b"\xffMAIL FROM:<a@b>", "command-unknown"),
        (b"MAIL FROM:<a@b> \xff=1", "parameter-unknown"),
    ],
)
def test_octets_that_are_no_utf_8_are_refused_where_they_count(line: bytes, entry: str) -> None:
    malformed = parse_command(line)
    assert isinstance(malformed, Malformed)
    assert malformed.reply.entry == entry


def test_octets_that_are_no_utf_8_do_not_matter_to_noop() -> None:
    assert parse_command(b"NOOP \xff") == Noop()


@given(
    st.binary(max_size=80)
    | st.builds(
        lambda verb, rest: verb.encode() + b" " + rest, st.sampled_from(sorted(VERBS)), st.binary(max_size=80)
    )
)
def test_any_line_becomes_a_command_or_a_permanent_refusal_in_one_line(line: bytes) -> None:
    command = parse_command(line, "s")
    if isinstance(command, Malformed):
        assert command.reply.permanent
        wire = command.reply.wire()
        assert wire.count(b"\r\n") == 1
        assert wire.isascii()
