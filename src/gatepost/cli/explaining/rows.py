"""One line of input, explained, as a value: what `--jsonl` and `--csv` print, and what one line shows.

A line of a log is explained by the reply in it, said where and by whom the line tells; a line that no reader knows
by the reply that stands in it, if one does. A line that holds none is a row too, with nothing in it.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final

from gatepost.maillog.event import Event, Result
from gatepost.maillog.frame import unframe
from gatepost.reply import knowledge
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Class, Context, Explanation

_NOWHERE: Final = Context()
_ANY_DAY: Final = dt.date(2000, 1, 1)  # the time of such a line is not told on
_DIGITS: Final[dict[str, Class]] = {"2": "success", "4": "temporary", "5": "permanent"}
_FATES: Final[dict[str, Class]] = {
    "accepted": "success",
    "delivered": "success",
    "deferred": "temporary",
    "bounced": "permanent",
}


class Row(Explanation, frozen=True, kw_only=True, rename={"class_": "class"}):
    """An explanation with what the line of the log tells beside the reply; the fields are those of `Event`."""

    result: Result = ""
    system: str = ""
    program: str = ""
    time: str = ""
    key: str = ""
    status: str = ""
    peer: str = ""
    sender: str = ""
    recipient: str = ""
    message_id: str = ""

    @property
    def tells_something(self) -> bool:
        """There was a reply, or what became of a message."""
        return bool(self.result or self.cause or self.enhanced) or self.code is not None


def row_of(raw: str, event: Event | None, context: Context = _NOWHERE) -> Row:
    """Explain one line, with what its reader made of it; `context` says what the line itself does not."""
    if event is None:
        return _unread(raw, context)
    told = explained(event, context)
    return Row(
        text=told.text or raw,
        code=told.code,
        enhanced=told.enhanced,
        class_=told.class_,
        cause=told.cause,
        causes=told.causes,
        confidence=told.confidence,
        persistence=told.persistence,
        direction=told.direction,
        stage=told.stage,
        side=told.side,
        retry=told.retry,
        meaning=told.meaning,
        evidence=told.evidence,
        action=told.action,
        references=told.references,
        result=event.result,
        system=event.system,
        program=event.program,
        time=event.time,
        key=event.key,
        status=event.status,
        peer=event.peer,
        sender=event.sender,
        recipient=event.recipient,
        message_id=event.message_id,
    )


def explained(event: Event, context: Context = _NOWHERE) -> Explanation:
    """Explain what an event says; where its line holds no reply and no reason, all is empty and the cause is ""."""
    direction = event.direction if event.direction != "unknown" else context.direction
    stage = event.stage if event.stage != "unknown" else context.stage
    where = Context(direction=direction, stage=stage, peer=event.peer or context.peer)
    if not event.text:
        return _nothing("", where, _FATES.get(event.result, "unknown"))
    if event.system == "plain":  # a line that is a reply, taken as if it were given by itself
        return _explained(event.text, where)
    told = _explained(event.text, where)
    code = event.code or None
    if (told.code, told.enhanced) != (code, event.enhanced) or told.class_ == "unknown":
        told = _as_the_reader_has_it(told, event, code)
    return told


def _as_the_reader_has_it(told: Explanation, event: Event, code: int | None) -> Explanation:
    """Take code and class from the line: it knows where the reply begins, and what became of the message."""
    digit = str(code or event.enhanced or event.status)[:1]
    class_ = _DIGITS.get(digit) or _FATES.get(event.result, told.class_)
    retry, persistence = told.retry, told.persistence
    known = knowledge.causes().get(told.cause)
    if known is not None and class_ != told.class_ and class_ in ("temporary", "permanent"):
        retry = known.retry_temporary if class_ == "temporary" else known.retry_permanent
        persistence = class_ if known.persistence == "class" else told.persistence
    return Explanation(
        text=told.text,
        code=code,
        enhanced=event.enhanced,
        class_=class_,
        cause=told.cause,
        causes=told.causes,
        confidence=told.confidence,
        persistence=persistence,
        direction=told.direction,
        stage=told.stage,
        side=told.side,
        retry=retry,
        meaning=told.meaning,
        evidence=told.evidence,
        action=told.action,
        references=told.references,
    )


@lru_cache(maxsize=4096)
def _explained(text: str, context: Context) -> Explanation:
    return explain(text, context)


def _unread(raw: str, context: Context) -> Row:
    """Explain a line that no reader knows by the reply in it.

    Without a code, words alone are a reply only where nothing shows that a program of another kind wrote them.
    """
    frame = unframe(raw, _ANY_DAY)
    told = _explained(frame.message, context)
    if told.code is None and not told.enhanced and (frame.program or told.confidence == "unknown"):
        told = _nothing(raw.strip(), context, "unknown")
    facts = {name: getattr(told, name) for name in told.__struct_fields__}
    return Row(**facts, program=frame.program)


def _nothing(text: str, context: Context, class_: Class) -> Explanation:
    return Explanation(
        text=text,
        code=None,
        enhanced="",
        class_=class_,
        cause="",
        causes=(),
        confidence="unknown",
        persistence="success" if class_ == "success" else "unknown",
        direction=context.direction,
        stage=context.stage,
        side="unknown",
        retry="no",
        meaning="",
        evidence="",
        action="",
        references=(),
    )
