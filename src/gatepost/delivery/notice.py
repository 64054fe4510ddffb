"""The delivery report as a message to spool: what the author is told, and the journal's record of it.

The words for people are the explanation's; the other side's words stand beside them. The report goes from `<>`,
so that nothing answers it (RFC 5321 §6.1), and is spooled in the same step in which the failure is settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from gatepost.journal.records import Reception
from gatepost.mail.dsn import Undelivered, delivery_report
from gatepost.mail.ids import message_id
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply import catalogue
from gatepost.reply.explanation import Explanation
from gatepost.reply.reply import Reply
from gatepost.spool.interface import Message, NewMessage, Recipient

_encode = msgspec.json.Encoder().encode
_OURS: Final = Disposition(action=Action.RELAY, rule="delivery-report")
_EXPIRED: Final = (
    "It could not be delivered within the time that mail is kept here; the last answer was the one below."
)


class Given(msgspec.Struct, frozen=True, gc=False):
    """A recipient that was given up: the last reply about it, and who said it ("": nobody, it is our own words)."""

    address: str
    reply: Reply
    explanation: Explanation | None
    peer: str
    expired: bool


def notice(
    message: Message,
    given: Sequence[Given],
    header: bytes,
    *,
    host: str,
    session: str,
    now: float,
    lifetime: float,
) -> tuple[NewMessage, Reception]:
    """Make the report about recipients that were given up; `session` is the new id to name it by."""
    report_id = message_id(session, 1)
    content = delivery_report(
        action="failed",
        host=host,
        report_id=report_id,
        message_id=message.id,
        reverse_path=message.reverse_path,
        recipients=[_undelivered(one) for one in given],
        header=header,
        arrived=int(message.arrived),
        second=int(now),
        smtputf8=message.smtputf8,
    )
    reception = Reception(
        time=now,
        session=session,
        message=report_id,
        peer="",
        reverse_path="",
        recipients=(message.reverse_path,),
        size=len(content),
        reply=catalogue.MESSAGE_ACCEPTED.reply(report_id),
        disposition=_OURS,
        header_from=f"mailer-daemon@{host}",
        subject="Your message could not be delivered",
        notice_of=message.id,
    )
    report = Message(
        id=report_id,
        reverse_path="",
        recipients=(Recipient(message.reverse_path),),
        size=len(content),
        arrived=now,
        expires=now + lifetime,
        body="8BITMIME" if message.smtputf8 else "7BIT",
        smtputf8=message.smtputf8,
        notice_of=message.id,
        facts=_encode(reception),
    )
    return NewMessage(message=report, head=b"", data=content), reception


def _undelivered(given: Given) -> Undelivered:
    explanation = given.explanation
    meaning = explanation.meaning if explanation is not None else ""
    status = given.reply.enhanced
    if given.expired and status.startswith("4"):
        # RFC 3464 §2.3.4: the status of a failure is of class 5; RFC 3463 §3.5 has X.4.7 for time that ran out.
        status = "5.4.7"
    return Undelivered(
        address=given.address,
        reply=" ".join(filter(None, (str(given.reply.code), given.reply.enhanced, given.reply.text))),
        peer=given.peer,
        status=status,
        meaning=f"{_EXPIRED} {meaning}" if given.expired else meaning,
        action=explanation.action if explanation is not None else "",
    )
