from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gatepost.reply import knowledge
from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.explain import explain, explain_reply
from gatepost.reply.explanation import Confidence, Context, Direction, Explanation, Retry, Side
from gatepost.reply.letter import Addressee, Facts, letter

FACTS = Facts(
    recipient="ben@example.net",
    sender="ann@example.org",
    date="2026-11-23T15:05:55",
    subject="Minutes",
    message_id="<one@example.org>",
    peer="mx.example.net",
    host="gate.example.org",
    reference="7zq4k0v3m8x2a-1",
)
ADDRESSEES: tuple[Addressee, ...] = ("sender", "admin")
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
CAUSES = sorted(knowledge.causes())
JARGON = re.compile(
    r"\b(?:SMTP|DNS|MX|PTR|SPF|DKIM|DMARC|ARC|RFC|EHLO|HELO|TLS|AUTH|MIME|IP|relay|envelope|enhanced|greylist\w*)\b|[0-9]{3}",
    re.IGNORECASE,
)


def explained(
    cause: str, direction: Direction, text: str = "550 5.7.1 the words of the reply"
) -> Explanation:
    """Make an explanation as `explain` would for a reply of a cause, with the side of the direction."""
    known = knowledge.causes()[cause]
    side = {"sent": known.side_sent, "received": known.side_received, "local": known.side_local}.get(
        direction
    )
    told = explain(text, Context(direction=direction, stage="rcpt"))
    return replace(
        told,
        cause=cause,
        causes=(cause,),
        confidence="certain",
        side=side or known.side,
        retry=known.retry_permanent,
        meaning=known.meaning,
        action=known.action,
    )


def assert_whole(text: str) -> None:
    assert "{" not in text
    assert "}" not in text
    assert "None" not in text
    assert "  " not in text
    paragraphs = text.split("\n\n")
    assert 1 <= len(paragraphs) <= 3
    for paragraph in paragraphs:
        assert "\n" not in paragraph
        assert paragraph[-1] == "."
        assert ".." not in paragraph
        assert paragraph[0].isupper() or paragraph.startswith("mx.example.net")


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("to", ADDRESSEES)
@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_gives_whole_sentences_to_both(cause: str, to: Addressee, direction: Direction) -> None:
    for facts in (FACTS, Facts(), replace(FACTS, fate="waiting"), replace(FACTS, fate="given_up")):
        assert_whole(letter(explained(cause, direction), to, facts))


@pytest.mark.parametrize("cause", CAUSES)
def test_a_sender_reads_no_words_of_the_trade_and_no_bare_numbers(cause: str) -> None:
    for direction in DIRECTIONS:
        text = letter(explained(cause, direction), "sender", Facts())
        assert JARGON.search(re.sub("“[^”]*”", "", text)) is None


@pytest.mark.parametrize("cause", CAUSES)
def test_a_bare_number_is_never_shown_to_a_sender(cause: str) -> None:
    for direction in DIRECTIONS:
        assert "550" not in letter(explained(cause, direction, "550"), "sender")


@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_only_likely_is_told_as_probable(cause: str) -> None:
    for to in ADDRESSEES:
        told = explained(cause, "received")
        assert "probably" not in letter(told, to).lower()
        assert "probably" in letter(replace(told, confidence="likely"), to).lower()


@pytest.mark.parametrize("cause", CAUSES)
def test_what_is_unknown_blames_nobody_and_asks_for_one_thing(cause: str) -> None:
    told = replace(explained(cause, "received"), confidence="unknown", side="unknown")
    known = knowledge.causes()[cause]
    for to in ADDRESSEES:
        text = letter(told, to)
        assert "does not say enough" in text
        assert text.count("lease send") == 1
        assert known.letter_admin not in text
        assert cause == "unknown" or known.letter_why not in text


@pytest.mark.parametrize("cause", CAUSES)
def test_the_sentences_of_a_cause_can_be_put_into_a_letter(cause: str) -> None:
    known = knowledge.causes()[cause]
    assert known.letter_why.endswith(".")
    assert known.letter_why.split()[0] in ("A", "An", "The", "More", "Something")  # it may follow a colon
    assert known.letter_do.endswith(".")
    assert known.letter_admin.startswith("Please ")
    assert known.letter_admin.endswith(".")
    assert not known.letter_cured.endswith(".")
    assert max(len(known.letter_why), len(known.letter_do), len(known.letter_cured)) < 170
    assert len(known.letter_admin) < 260


# --- whose move it is ---


@pytest.mark.parametrize(
    ("side", "to_sender", "to_admin"),
    [
        ("sender", "Please", "It is for the sending side to act."),
        ("recipient", "on the recipient's side", "It is for the receiving side to act."),
        ("gateway", "We have to put this right", "It is for us, at our gateway, to act."),
        ("network", "between the mail servers", "in the network between the two sides"),
        ("nobody", "Nothing has to be done", "Nothing has to be done."),
        ("unknown", "Who has to act cannot be told", "Who has to act cannot be told"),
    ],
)
def test_the_one_whose_move_it_is_is_asked_to_act(side: Side, to_sender: str, to_admin: str) -> None:
    told = replace(explained("reputation", "received"), side=side)
    assert to_sender in letter(told, "sender")
    assert to_admin in letter(told, "admin")


def test_the_fault_of_the_gateway_gives_the_sender_nothing_to_do() -> None:
    told = explain(
        "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", Context(direction="received")
    )
    text = letter(told, "sender", FACTS)
    assert "We have to put this right on our side; you need not do anything about it." in text
    assert knowledge.causes()["ip_blocklist"].letter_do not in text


def test_the_same_reply_from_us_asks_the_sender_to_pass_it_on_with_the_words() -> None:
    told = explain(
        "554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org", Context(direction="sent")
    )
    text = letter(told, "sender", FACTS)
    assert "Please pass this on to those who look after your mail server" in text
    assert "“554 5.7.1 Client host [192.0.2.7] blocked using zen.spamhaus.org”" in text


@pytest.mark.parametrize(
    ("fate", "retry", "words"),
    [
        ("waiting", "soon", "no need to send it again: the mail server goes on"),
        ("waiting", "after_change", "no need to send it again for now"),
        ("waiting", "no", "no need to send it again as it is"),
        ("given_up", "later", "Please send it again later."),
        ("given_up", "after_change", "Please send it again once this has been put right"),
        ("given_up", "no", "no need to send it again as it is"),
    ],
)
def test_a_sender_is_told_whether_to_send_it_again(fate: str, retry: Retry, words: str) -> None:
    told = replace(explained("mailbox_full", "received"), retry=retry)
    assert words in letter(told, "sender", replace(FACTS, fate=fate))


def test_what_was_put_off_is_not_called_lost() -> None:
    text = letter(explain("451 4.7.1 Greylisted", Context(direction="received")), "sender", FACTS)
    assert "has not been delivered yet" in text
    assert "Nothing has to be done about it." in text


# --- facts ---


def test_a_sender_reads_which_message_it_was() -> None:
    text = letter(explained("user_unknown", "received"), "sender", FACTS)
    assert text.startswith(
        "Your message “Minutes” to ben@example.net of 23 November 2026, 15:05 was not delivered."
    )


@pytest.mark.parametrize(
    ("direction", "beginning"),
    [
        ("received", "mx.example.net refused a message from ann@example.org to ben@example.net"),
        ("sent", "Our mail gateway gate.example.org refused a message from ann@example.org"),
        ("local", "Our mail server gate.example.org could not deliver a message from ann@example.org"),
        ("unknown", "A message from ann@example.org to ben@example.net"),
    ],
)
def test_an_administrator_reads_who_said_what_when_and_how_to_see_that_it_is_cured(
    direction: Direction, beginning: str
) -> None:
    text = letter(explained("user_unknown", direction), "admin", FACTS)
    assert text.startswith(beginning)
    assert "at the recipient's address (RCPT)" in text
    assert "“550 5.7.1 the words of the reply”" in text
    assert "(Message-ID <one@example.org>)" in text
    assert "It is cured when a message to this address is taken." in text
    assert text.endswith("Please give this id when you answer: 7zq4k0v3m8x2a-1.")


def test_a_date_that_is_in_words_stays_and_an_impossible_one_does_no_harm() -> None:
    told = explained("user_unknown", "received")
    assert "of Monday morning was" in letter(told, "sender", Facts(date="Monday morning"))
    assert "of 2026-99-23 was" in letter(told, "sender", Facts(date="2026-99-23"))
    assert "of 3 November 2026 was" in letter(told, "sender", Facts(date="2026-11-03"))


def test_a_good_reply_needs_nothing() -> None:
    for to in ADDRESSEES:
        text = letter(explain("250 2.0.0 Ok: queued"), to, FACTS)
        assert_whole(text)
        assert "othing has to be done" in text


@pytest.mark.parametrize("name", ENTRIES)
def test_each_reply_of_ours_can_be_told_in_a_letter(name: str) -> None:
    entry = ENTRIES[name]
    reply = entry.reply("7zq4k0v3m8x2a-1", **dict.fromkeys(entry.fields, "fact"))
    for to in ADDRESSEES:
        for direction in DIRECTIONS:
            text = letter(explain_reply(reply, Context(direction=direction)), to, FACTS)
            assert "{" not in text
            assert text.endswith(".")


@given(
    st.text(max_size=200),
    st.text(max_size=60),
    st.sampled_from(ADDRESSEES),
    st.sampled_from(DIRECTIONS),
    st.sampled_from(get_args(Confidence)),
)
def test_words_of_strangers_cannot_break_a_letter(
    reply: str, fact: str, to: Addressee, direction: Direction, confidence: Confidence
) -> None:
    told = replace(explain(reply, Context(direction=direction)), confidence=confidence)
    facts = Facts(recipient=fact, sender=fact, date=fact, subject=fact, peer=fact, host=fact, reference=fact)
    text = letter(told, to, facts)
    assert all(line.isprintable() for line in text.split("\n"))
    assert 1 <= text.count("\n\n") + 1 <= 3
    assert text.count("\n") == 2 * text.count("\n\n")
