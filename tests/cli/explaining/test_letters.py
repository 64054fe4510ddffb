from __future__ import annotations

from gatepost.cli.explaining.letters import about, about_bounce
from gatepost.cli.explaining.rows import row_of
from gatepost.mail.bounce import Bounce, Failure
from gatepost.maillog.event import Event
from gatepost.reply.explain import explain

EVENT = Event(
    system="postfix",
    time="2026-11-23T15:05:55",
    key="BB44D28E117",
    result="bounced",
    direction="received",
    stage="rcpt",
    text="552 5.2.2 mailbox \x1b[2J full " + "and so on " * 20,
    code=552,
    enhanced="5.2.2",
    peer="mx.example.net[192.0.2.1]",
    sender="a@example.org",
    recipient="b@example.net",
)


def test_a_letter_about_a_line_names_what_the_line_tells() -> None:
    text = about(row_of("", EVENT), "admin")
    for fact in ("b@example.net", "mx.example.net[192.0.2.1]", "552 5.2.2"):
        assert fact in text


def test_a_letter_about_a_reply_alone_is_of_short_lines_and_safe_to_show() -> None:
    text = about(explain(EVENT.text), "admin")
    assert max(map(len, text.split("\n"))) <= 78
    assert "\x1b" not in text
    assert "\n\n" in text


def test_a_letter_about_a_bounce_names_each_recipient() -> None:
    bounce = Bounce(
        kind="bounce",
        form="report",
        subject="Weekly report",
        failures=tuple(
            Failure(final=address, action="failed", diagnostic="550 5.1.1 User unknown")
            for address in ("b@example.net", "c@example.net")
        ),
    )
    text = about_bounce(bounce, "sender")
    assert text.index("b@example.net") < text.index("c@example.net")
    assert "Weekly report" in text
