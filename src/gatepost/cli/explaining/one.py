"""One reply, code or line in full, for a person: what it means, whose move it is, what to do.

Gives lines of text; where the facts come from, and where the lines go, is not known here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gatepost.cli.explaining import words
from gatepost.cli.layout import coloured, cut, item, paragraph, printable, width
from gatepost.reply import knowledge
from gatepost.reply.entry import Entry
from gatepost.reply.explanation import Explanation

if TYPE_CHECKING:
    from gatepost.cli.explaining.rows import Row

_TEXT_LINES: Final = 3


def lines(told: Explanation) -> Iterator[str]:
    """Lay out what was given: a bare code, a bare enhanced code, a line of a log, or a reply."""
    if type(told) is not Explanation:  # what reads logs is not imported for a code
        from gatepost.cli.explaining.rows import Row

        if isinstance(told, Row) and told.system not in ("", "plain"):
            return _line(told)
    if told.text == str(told.code):
        return _code(told)
    if told.text == told.enhanced:
        return _enhanced(told)
    return _reply(told)


def _reply(told: Explanation) -> Iterator[str]:
    yield _heading(told)
    yield ""
    yield from _explanation(told)


def _heading(told: Explanation) -> str:
    shown = "\n".join(printable(line) for line in told.text.splitlines())
    return coloured(cut(shown, _TEXT_LINES * width()), told.code or told.enhanced)


def _explanation(told: Explanation) -> Iterator[str]:
    yield paragraph("Meaning", told.meaning)
    if told.cause:
        others = f"; or {', '.join(told.causes[1:])}" if len(told.causes) > 1 else ""
        sure = words.SURE[told.confidence] if told.cause != "unknown" else ""
        yield paragraph("Cause", f"{told.cause}{sure}{others}")
    yield paragraph("Whose move", words.SIDES[told.side])
    if told.cause and (told.class_ != "unknown" or told.cause != "unknown"):
        yield paragraph("Try again?", words.RETRY[told.retry])
    entry = _own(told)
    if entry is None:
        yield paragraph("What to do", told.action)
    else:
        yield paragraph("Sender", entry.sender_action)
        yield paragraph("Gateway", entry.operator_action)
    if told.evidence:
        yield paragraph("Decided by", printable(told.evidence))
    yield paragraph("See", ", ".join(told.references))


def _own(told: Explanation) -> Entry | None:
    """Find the entry of a reply of ours, to tell apart what either side does about it."""
    if told.direction == "received" or f"({told.evidence}" not in told.text:
        return None
    from gatepost.reply.catalogue import ENTRIES

    return ENTRIES.get(told.evidence)


def _line(row: Row) -> Iterator[str]:
    """Lay out a line of a log: the reply first, then what the line tells beside it."""
    if row.cause or row.code is not None:
        yield _heading(row)
    elif row.result:
        yield coloured(words.RESULTS_AT_LENGTH[row.result], {"success": 2, "temporary": 4}.get(row.class_))
    else:
        yield f"A line of {words.system(row.system)} that tells of no reply, and of nobody's mail being refused."
    yield ""
    yield from facts(row)
    if row.meaning:
        yield from _explanation(row)


def facts(row: Row) -> Iterator[str]:
    """Lay out what a line of a log tells beside the reply."""
    program = f" ({printable(row.program)})" if row.program and row.program != row.system else ""
    written = ", ".join(
        filter(None, (f"{words.system(row.system)}{program}", words.moment(printable(row.time))))
    )
    yield paragraph("Written by", written + (f", message {printable(row.key)}" if row.key else ""))
    if row.result and (row.cause or row.code is not None):
        yield paragraph("Result", words.RESULTS_AT_LENGTH[row.result])
    said = _said(row)
    if said:
        yield paragraph("Said", said)
    if row.sender or row.recipient:
        sender, recipient = (printable(one) for one in (row.sender, row.recipient))
        yield paragraph("Envelope", f"{sender or '?'} -> {recipient or '?'}")
    if row.status and row.status != row.enhanced:
        yield paragraph("Status", f"{printable(row.status)} is what {words.system(row.system)} made of it")


def _said(row: Row) -> str:
    step = words.STEPS.get(row.stage, "")
    peer = printable(row.peer)
    match row.direction:
        case "sent":
            who = f"by this system to {peer}" if peer else "by this system"
        case "received":
            who = f"to this system by {peer}" if peer else "to this system by the other one"
        case "local":
            who = "by nobody: this system made it up itself" + (f", about {peer}" if peer else "")
        case "unknown":
            who = f"with {peer}" if peer else ""
    return ", ".join(filter(None, (who, step)))


def _code(told: Explanation) -> Iterator[str]:
    from gatepost.reply.catalogue import ENTRIES

    yield coloured(f"{told.code}  {told.class_}: {words.CLASSES[told.class_]}", told.code)
    yield ""
    known = knowledge.codes().get(told.code or 0)
    if known is None:
        yield paragraph("Meaning", f"Not a standard code. By its first digit: {words.CLASSES[told.class_]}.")
        yield paragraph("See", "RFC 5321 §4.2.1")
        return
    yield paragraph("Meaning", known.meaning)
    yield paragraph("Whose move", known.move)
    yield paragraph("What to do", known.action)
    if known.misread:
        yield paragraph("Beware", known.misread)
    yield paragraph("See", ", ".join(known.references))
    if known.causes:
        yield ""
        yield "It commonly stands for"
        for name in told.causes if told.stage in known.by_stage else known.causes:
            yield item(name, knowledge.causes()[name].meaning)
    ours = [entry for entry in ENTRIES.values() if entry.code == told.code]
    if ours:
        yield ""
        yield "This gateway says it when"
        for entry in ours:
            yield item(entry.id, entry.when)
    if known.causes and not known.sure:
        yield ""
        yield f'The words behind the number decide: gatepost explain "{told.code} …"'


def _enhanced(told: Explanation) -> Iterator[str]:
    from gatepost.reply.catalogue import ENTRIES

    detail = told.enhanced.partition(".")[2]
    known = knowledge.enhanced().get(detail)
    yield coloured(f"{told.enhanced}  {told.class_}: {words.CLASSES[told.class_]}", told.enhanced)
    yield ""
    meaning = f"{known.meaning[:1].upper()}{known.meaning[1:]}." if known else "Not in the registry."
    if known is not None and known.generic:
        meaning += " Too broad to go by: the words of the reply count."
    yield paragraph("Meaning", meaning)
    if known is not None and known.cause:
        cause = knowledge.causes()[known.cause]
        yield paragraph("Cause", f"{known.cause}: {cause.meaning}")
        yield paragraph("What to do", told.action)
    for own in knowledge.meanings(told.enhanced):
        yield paragraph("But", f"{own.meaning}.")
    yield paragraph("See", ", ".join(known.references if known else ("RFC 3463 §2",)))
    ours = [entry for entry in ENTRIES.values() if entry.enhanced == told.enhanced]
    if ours:
        yield ""
        yield "This gateway says it when"
        for entry in ours:
            yield item(entry.id, entry.when)
