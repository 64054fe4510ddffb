from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gatepost.mail.bounce.free import MAX_FAILURES, read_text


def test_an_address_that_opens_a_line_opens_a_recipient() -> None:
    text = read_text(
        "It could not be delivered:\n\n<ben@example.net>: 550 5.1.1 no\n\n  eve@example.net\n    gone\n"
    )
    assert [(each.final, each.reply) for each in text.failures] == [
        ("ben@example.net", "550 5.1.1 no"),
        ("eve@example.net", "gone"),
    ]


def test_an_address_within_a_sentence_counts_only_where_the_sentence_says_so() -> None:
    assert read_text("Ask ben@example.net about it.").failures == ()
    (failure,) = read_text("Your message wasn't delivered to ben@example.net because it was full.").failures
    assert failure.final == "ben@example.net"


def test_a_folded_reply_that_names_its_recipient_again_opens_none() -> None:
    (failure,) = read_text(
        "<ben@example.net>: host a.example[192.0.2.1] said: 550\n    <ben@example.net>: no\n"
    ).failures
    assert failure.reply == "550 <ben@example.net>: no"


def test_a_reply_ends_with_its_paragraph() -> None:
    (failure,) = read_text("<ben@example.net>:\n550 5.1.1 no\n\nPlease ask your help desk.\n").failures
    assert failure.reply == "550 5.1.1 no"


def test_what_stands_behind_the_copy_is_not_read_as_a_report() -> None:
    text = read_text(
        "<ben@example.net>:\ngone\n\n--- Below this line is a copy of the message.\n\nTo: x\n<a@b.example>:\n"
    )
    assert [each.final for each in text.failures] == ["ben@example.net"]
    assert text.copy.startswith("To: x")


def test_a_transcript_gives_each_recipient_its_own_refusal() -> None:
    text = read_text(
        "   ----- The following addresses had permanent fatal errors -----\n<a@example.net>\n<b@example.net>\n\n"
        "   ----- Transcript of session follows -----\n... while talking to mx.example.net.:\n"
        ">>> RCPT To:<a@example.net>\n<<< 550 no a\n>>> RCPT To:<b@example.net>\n<<< 551 no b\n"
    )
    assert [(each.final, each.reply, each.peer, each.stage) for each in text.failures] == [
        ("a@example.net", "550 no a", "mx.example.net", "rcpt"),
        ("b@example.net", "551 no b", "mx.example.net", "rcpt"),
    ]


def test_what_the_mail_system_says_itself_in_a_transcript_is_local() -> None:
    (failure,) = read_text(
        "   ----- The following addresses had permanent fatal errors -----\n<a@nowhere.example>\n\n"
        "   ----- Transcript of session follows -----\n550 5.1.2 <a@nowhere.example>... Host unknown\n"
    ).failures
    assert failure.local
    assert failure.reply == "550 5.1.2 <a@nowhere.example>... Host unknown"


def test_recipients_are_bounded() -> None:
    text = "".join(f"<a{n}@example.net>: gone\n" for n in range(MAX_FAILURES + 20))
    assert len(read_text(text).failures) == MAX_FAILURES


@given(st.text(alphabet="<>@:. \n\t-=ab145", max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert all(each.final for each in read_text(text).failures)
