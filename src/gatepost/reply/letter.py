"""Write the paragraphs to the person whose move it is: what happened to a message, why, and what to do about it.

Ready to be pasted into an answer. For a sender without the words of the trade; for an administrator with the reply
in full, who said it, at which step, what to change and how it shows that it is mended. It follows `side`, claims no
more than the explanation does, and asks for the one thing that would tell where that is unknown. The sentences of
each cause are in `knowledge`; this module puts them together and adds nothing about mail.
"""

from __future__ import annotations

import re
from typing import Final, Literal, assert_never

from msgspec import Struct

from gatepost.reply import knowledge
from gatepost.reply.explanation import Explanation
from gatepost.reply.knowledge import Cause
from gatepost.reply.parse import parse

Addressee = Literal["sender", "admin"]

_MAX_FACT: Final = 200  # characters
_MAX_REPLY: Final = 600
_ISO: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}))?")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_STEPS: Final = {
    "connect": "when the connection was made",
    "helo": "at the greeting (EHLO)",
    "starttls": "when encryption was to begin (STARTTLS)",
    "auth": "at the login (AUTH)",
    "mail": "at the sender's address (MAIL)",
    "rcpt": "at the recipient's address (RCPT)",
    "data": "before the content (DATA)",
    "content": "after the content",
    "quit": "at the end of the session (QUIT)",
}
_OURS: Final = "We have to put this right on our side; you need not do anything about it."
_SHOWN: Final = "If you ask somebody about it, this answer will help them: “{reply}”."


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of the message beside the reply; "" where it is not.

    `date` is when it happened, as "2026-11-23T15:05:55" or in words; `peer` is the host that said it, or that it was
    said to; `host` is our own; `reference` an id that the other side can give when it answers. `fate` tells whether
    the message still waits, or was given up; where it is "", the reply's class tells.
    """

    recipient: str = ""
    sender: str = ""
    date: str = ""
    subject: str = ""
    message_id: str = ""
    peer: str = ""
    host: str = ""
    reference: str = ""
    fate: Literal["waiting", "given_up", ""] = ""


_NO_FACTS: Final = Facts()


def letter(explanation: Explanation, to: Addressee, facts: Facts = _NO_FACTS) -> str:
    """Give one to three short paragraphs in whole sentences, parted by blank lines."""
    if explanation.class_ in ("success", "intermediate"):
        return _good(explanation, to, facts)
    match to:
        case "sender":
            return _to_sender(explanation, facts)
        case "admin":
            return _to_admin(explanation, facts)
        case _:
            assert_never(to)


def _good(explanation: Explanation, to: Addressee, facts: Facts) -> str:
    if to == "sender":
        return f"{_your_message(facts)} was taken. Nothing has to be done, and there is no need to send it again."
    return f"{_a_message(facts)} met this reply: {_quoted(explanation)}. It is a good one: nothing has to be done."


# --- to a sender ---


def _to_sender(explanation: Explanation, facts: Facts) -> str:
    fate = _fate(explanation, facts)
    what = {"waiting": "has not been delivered yet", "given_up": "was not delivered"}.get(
        fate, "could not be delivered"
    )
    cause = _cause(explanation)
    happened = f"{_your_message(facts)} {what}."
    if explanation.confidence == "unknown" or cause is None:
        why = "The answer of the mail server does not say enough to tell why."
    elif explanation.confidence == "likely":
        why = f"Probably the reason is this: {_lower(cause.letter_why)}"
    else:
        why = cause.letter_why
    return f"{happened} {why}\n\n{_sender_does(explanation, cause, fate)}"


def _sender_does(explanation: Explanation, cause: Cause | None, fate: str) -> str:
    again = _again(explanation, fate)
    if explanation.confidence == "unknown" or cause is None:
        return f"To find out, we need one thing: {_ask_sender(explanation)} {again}"
    match explanation.side:
        case "sender":
            return f"{cause.letter_do} {again}{_for_those_asked(explanation, cause)}"
        case "recipient":
            return f"The cause is on the recipient's side. {cause.letter_do} {again}"
        case "gateway":
            return f"{_OURS} {again}"
        case "network":
            return f"The fault is between the mail servers. {_idle(cause)} {again}"
        case "nobody":
            return f"Nothing has to be done about it. {again}"
        case "unknown":
            return (
                f"Who has to act cannot be told from this alone. To find out, we need one thing: "
                f"{_ask_sender(explanation)} {again}"
            )


def _idle(cause: Cause) -> str:
    return cause.letter_do or "You need not do anything."


def _ask_sender(explanation: Explanation) -> str:
    if explanation.direction == "sent":
        return "please send us the complete notice that your mail server gave you, best as an attachment."
    return "please send us the complete notice that you got about it, best as an attachment."


def _for_those_asked(explanation: Explanation, cause: Cause) -> str:
    """Give the words of the reply where somebody else is to be asked: a bare number would say nothing."""
    if "those who look after" not in cause.letter_do or parse(explanation.text).bare:
        return ""
    return " " + _SHOWN.format(reply=_line(explanation.text, _MAX_REPLY))


def _again(explanation: Explanation, fate: str) -> str:
    """Say whether to send it again."""
    if fate == "waiting":
        match explanation.retry:
            case "soon" | "later":
                return "There is no need to send it again: the mail server goes on trying by itself."
            case "after_change":
                return (
                    "There is no need to send it again for now: the mail server goes on trying by itself, "
                    "which can help once this has been put right."
                )
            case "no":
                return "There is no need to send it again as it is: that would not help."
    if explanation.confidence == "unknown":
        return "There is no need to send it again before that is known."
    match explanation.retry:
        case "soon" | "later":
            when = "later" if fate == "given_up" else "later if you are told that it was given up"
            return f"Please send it again {when}."
        case "after_change":
            return "Please send it again once this has been put right, and not before."
        case "no":
            return "There is no need to send it again as it is: that would not help."


# --- to an administrator ---


def _to_admin(explanation: Explanation, facts: Facts) -> str:
    paragraphs = [_said(explanation, facts), _change(explanation, facts)]
    if end := _end(explanation, facts):
        paragraphs.append(end)
    return "\n\n".join(paragraphs)


def _said(explanation: Explanation, facts: Facts) -> str:
    verb = {"temporary": "put off", "permanent": "refused"}.get(explanation.class_, "did not take")
    step = f", {_STEPS[explanation.stage]}" if explanation.stage in _STEPS else ""
    message, reply, host = _a_message(facts, small=True), _quoted(explanation), _line(facts.host)
    peer = _line(facts.peer)
    match explanation.direction:
        case "received":
            who = peer or "the receiving server"
            told = f"{who} {verb} {message}{step}, with this reply: {reply}."
        case "sent":
            who = f"our mail gateway{f' {host}' if host else ''}"
            client = f", which {peer} brought" if peer else ""
            told = f"{who} {verb} {message}{client}{step}, with this reply: {reply}."
        case "local":
            who = f"our mail server{f' {host}' if host else ''}"
            way = f" on the way to {peer}" if peer else ""
            told = f"{who} could not deliver {message}{way}{step}: {reply}. No other host said this."
        case "unknown":
            told = f"{message}{f', at {peer}' if peer else ''}{step}, met this reply: {reply}."
    return _upper(told)


def _change(explanation: Explanation, facts: Facts) -> str:
    cause = _cause(explanation)
    if explanation.confidence == "unknown" or cause is None:
        return (
            "The reply does not say enough to tell why, or who has to act. "
            f"One thing would tell: {_ask_admin(explanation, facts)}"
        )
    means = "This probably means" if explanation.confidence == "likely" else "This means"
    meaning = f"{means}: {_sentence(explanation.meaning)}"
    match explanation.side:
        case "sender":
            # What to do is told from our side: where we are the sending one, it is the more exact.
            ours = explanation.direction in ("received", "local")
            do = _sentence(explanation.action) if ours else cause.letter_admin
            return f"{meaning} It is for the sending side to act. {do}"
        case "recipient":
            return f"{meaning} It is for the receiving side to act. {cause.letter_admin}"
        case "gateway":
            return f"{meaning} It is for us, at our gateway, to act. {_sentence(explanation.action)}"
        case "network":
            return f"{meaning} The fault is in the network between the two sides. {cause.letter_admin}"
        case "nobody":
            return f"{meaning} Nothing has to be done. {cause.letter_admin}"
        case "unknown":
            return (
                f"{meaning} Who has to act cannot be told from this alone. "
                f"One thing would tell: {_ask_admin(explanation, facts)}"
            )


def _ask_admin(explanation: Explanation, facts: Facts) -> str:
    if explanation.cause == "expired":
        return "please send the lines of the log about the tries before this, with their replies."
    about = " about this message" if facts.recipient or facts.message_id else " at this time"
    match explanation.direction:
        case "received":
            return f"please send the lines of your log{about}, or the rule that gave this reply."
        case "sent":
            return f"please send the lines of your log{about}, with the whole reply as your server got it."
        case "local" | "unknown":
            return f"please send the lines of the log{about}, with the whole reply and who gave it."


def _end(explanation: Explanation, facts: Facts) -> str:
    sentences = []
    cause = _cause(explanation)
    if explanation.confidence != "unknown" and cause is not None and explanation.side != "unknown":
        sentences.append(f"It is cured when {cause.letter_cured}.")
    if explanation.references:
        sentences.append(f"See {', '.join(explanation.references)}.")
    if facts.reference:
        sentences.append(f"Please give this id when you answer: {_line(facts.reference)}.")
    return " ".join(sentences)


# --- words ---


def _cause(explanation: Explanation) -> Cause | None:
    return knowledge.causes().get(explanation.cause)


def _fate(explanation: Explanation, facts: Facts) -> str:
    if facts.fate:
        return facts.fate
    return {"temporary": "waiting", "permanent": "given_up"}.get(explanation.class_, "")


def _your_message(facts: Facts) -> str:
    subject = f" “{_line(facts.subject)}”" if facts.subject else ""
    to = f" to {_line(facts.recipient)}" if facts.recipient else ""
    date = f" of {_date(facts.date)}" if facts.date else ""
    return f"Your message{subject}{to}{date}"


def _a_message(facts: Facts, *, small: bool = False) -> str:
    sender = "a mail system (<>)" if facts.sender == "<>" else _line(facts.sender)
    parts = [
        "a message" if small else "A message",
        f"from {sender}" if sender else "",
        f"to {_line(facts.recipient)}" if facts.recipient else "",
        f"of {_date(facts.date)}" if facts.date else "",
        f"(Message-ID {_line(facts.message_id)})" if facts.message_id else "",
    ]
    return " ".join(filter(None, parts))


def _date(text: str) -> str:
    found = _ISO.match(text)
    if found is None or not 1 <= int(found[2]) <= 12:
        return _line(text)
    day = f"{int(found[3])} {_MONTHS[int(found[2]) - 1]} {found[1]}"
    return f"{day}, {found[4]}" if found[4] else day


def _quoted(explanation: Explanation) -> str:
    return f"“{_line(explanation.text, _MAX_REPLY) or 'no words'}”"


def _line(text: str, longest: int = _MAX_FACT) -> str:
    """Put a text of strangers into one line of printable characters."""
    line = " ".join(text[: 4 * longest].split())
    line = line if line.isprintable() else "".join(c if c.isprintable() else "?" for c in line)
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _sentence(text: str) -> str:
    text = _line(text, 2000)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _upper(sentence: str) -> str:
    # A host's name keeps its letters: it is no word of the sentence.
    return sentence[:1].upper() + sentence[1:] if sentence.startswith(("our ", "a ", "the ")) else sentence
