"""Explain a reply: why it was given, whose move it is, what to do, whether trying again helps.

The one engine behind `gatepost explain`, the trace, the pages, and the time of the next attempt. Pure: the same
text and context give the same explanation. Order of decision: an entry of our own catalogue; a provider's mark;
words; the enhanced code, as the provider means it, unless it is a generic one; words that only hint; the reply
code with the stage; else "unknown", said plainly.
The knowledge is in `knowledge`; this module holds none.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from msgspec import Struct

from gatepost.reply import knowledge, words
from gatepost.reply.entry import Entry
from gatepost.reply.explanation import (
    Class,
    Confidence,
    Context,
    Direction,
    Explanation,
    Persistence,
    Retry,
    Side,
)
from gatepost.reply.knowledge import Cause, Enhanced, Mark, Rule
from gatepost.reply.parse import Parsed, from_reply, parse
from gatepost.reply.reply import Reply
from gatepost.reply.words import Hit, Phrases

_CLASSES: Final[dict[str, Class]] = {
    "2": "success",
    "3": "intermediate",
    "4": "temporary",
    "5": "permanent",
}
_MARGIN: Final = 2.5  # how much likelier (a logarithm) the first must be than the second
_LEVELS: Final = {"signature": 3, "strong": 2, "weak": 1}
_NOWHERE: Final = Context()


class _Decision(Struct, frozen=True):
    """What decided: the causes in question, how sure that is, and by which words."""

    causes: tuple[str, ...]
    confidence: Confidence
    evidence: str
    rule: Rule | None = None
    meaning: str = ""
    references: tuple[str, ...] = ()


class _Case(Struct, frozen=True):
    """A reply with all that is known of its circumstances."""

    parsed: Parsed
    class_: Class
    direction: Direction
    stage: str
    speakers: tuple[str, ...]


class _Found(Struct, frozen=True):
    """Words found in a text, and the rule that they belong to."""

    hit: Hit[int]
    rule: Rule


def explain(text: str, context: Context = _NOWHERE) -> Explanation:
    """Explain a reply in any form: whole, multiline, a bare code, or a piece of a log that holds one."""
    return _explain(parse(text), context, "")


def explain_reply(reply: Reply, context: Context = _NOWHERE) -> Explanation:
    """Explain a reply that was taken apart already, ours or a peer's."""
    return _explain(from_reply(reply.code, reply.enhanced, reply.text), context, reply.entry)


def _explain(parsed: Parsed, context: Context, entry_id: str) -> Explanation:
    class_ = _class(parsed)
    entry = _own(parsed, entry_id)
    if entry is not None:
        return _by_entry(parsed, class_, context, entry)
    if class_ in ("success", "intermediate"):
        return _good(parsed, class_, context)
    searched = words.without_addresses(parsed.words)
    found, marks = _found(searched)
    case = _case(parsed, class_, context, marks)
    decision = _decide(case, found, searched)
    return _told(case, decision)


def speakers_of(peer: str) -> tuple[str, ...]:
    """Tell who speaks, by the marks in the name of a host: all that an explanation takes from it."""
    return tuple(mark.speaker for mark in _found(peer)[1] if mark.speaker)


def _class(parsed: Parsed) -> Class:
    digit = str(parsed.code)[0] if parsed.code is not None else parsed.enhanced[:1]
    return _CLASSES.get(digit, "unknown")


# --- our own ---


def _own(parsed: Parsed, entry_id: str) -> Entry | None:
    names = [entry_id] if entry_id else parsed.names()
    if names:
        from gatepost.reply.catalogue import ENTRIES  # not needed for the replies of others

        for name in names:
            entry = ENTRIES.get(name)
            if entry is not None and (entry.code, entry.enhanced) == (parsed.code, parsed.enhanced):
                return entry
    return None


def _by_entry(parsed: Parsed, class_: Class, context: Context, entry: Entry) -> Explanation:
    cause = knowledge.causes().get(entry.cause)
    side: Side = entry.side
    action = f"Sending side: {entry.sender_action} This gateway: {entry.operator_action}"
    if side == "gateway":
        action = f"This gateway: {entry.operator_action} Sending side: {entry.sender_action}"
    if context.direction == "received":  # another Gatepost said it to us: we are the sending side
        action = entry.sender_action
        if cause is not None:
            side = _side(cause, "received")
    retry, persistence = _prospects(cause, class_) if cause is not None else ("no", "success")
    return Explanation(
        text=parsed.text,
        code=parsed.code,
        enhanced=parsed.enhanced,
        class_=class_,
        cause=entry.cause,
        causes=(entry.cause,) if entry.cause else (),
        confidence="certain",
        persistence=persistence,
        direction=context.direction,
        stage=context.stage
        if context.stage != "unknown" or entry.stage == "any"
        else entry.stage.split(",")[0],
        side=side,
        retry=retry,
        meaning=entry.when,
        evidence=entry.id,
        action=action,
        references=entry.references,
    )


def _good(parsed: Parsed, class_: Class, context: Context) -> Explanation:
    known = knowledge.codes().get(parsed.code or 0)
    meaning = known.meaning if known is not None else "The command was obeyed."
    return Explanation(
        text=parsed.text,
        code=parsed.code,
        enhanced=parsed.enhanced,
        class_=class_,
        cause="",
        causes=(),
        confidence="certain",
        persistence="success",
        direction=context.direction,
        stage=context.stage,
        side="nobody",
        retry="no",
        meaning=meaning,
        evidence=str(parsed.code or parsed.enhanced),
        action=known.action if known is not None else "Nothing to do.",
        references=known.references if known is not None else ("RFC 5321 §4.2.1",),
    )


# --- deciding ---


@cache
def _phrases() -> Phrases[int]:
    return Phrases(knowledge.tables().index, knowledge.phrases)


def _found(text: str) -> tuple[list[_Found], list[Mark]]:
    """Find the rules whose words are in a text, and the marks in it, in the order of their beginnings."""
    found: list[_Found] = []
    seen: list[Mark] = []
    for hit in _phrases().find(words.split(text)) if text else ():
        told = knowledge.told_by(hit.value)
        if isinstance(told, Rule):
            found.append(_Found(hit, told))
        else:
            seen.append(told)
    return found, seen


def _case(parsed: Parsed, class_: Class, context: Context, marks: list[Mark]) -> _Case:
    direction, stage = context.direction, context.stage
    speakers = [*speakers_of(context.peer)]
    for mark in marks:
        if mark.speaker:
            speakers.append(mark.speaker)
        if stage == "unknown" and mark.stage:
            stage = mark.stage
        if direction == "unknown" and mark.direction:
            direction = mark.direction
    return _Case(parsed, class_, direction, stage, tuple(dict.fromkeys(speakers)))


def _decide(case: _Case, found: list[_Found], searched: str) -> _Decision:
    detail = case.parsed.enhanced.partition(".")[2]
    fitting = [each for each in found if _fits(each.rule, case, detail)]
    fitting.sort(key=_rank)
    level = _LEVELS[fitting[0].rule.level] if fitting else 0
    if level >= _LEVELS["strong"]:
        return _by_words(fitting, searched, case.parsed.words)
    meant = _meant(case, detail)
    if meant is not None:
        return _Decision(
            (meant.cause, *_others(fitting, meant.cause)),
            "certain",
            case.parsed.enhanced,
            meaning=f"{meant.meaning}.",
        )
    known = knowledge.enhanced().get(detail)
    if known is not None and known.cause and not known.generic and not detail.endswith(".0"):
        return _by_number(case, (known.cause,), "likely", case.parsed.enhanced, known.references)
    if fitting:
        return _by_words(fitting, searched, case.parsed.words)
    if known is not None and known.cause not in ("", "unknown", "policy"):
        return _by_number(case, (known.cause,), "likely", case.parsed.enhanced, known.references)
    by_code = _by_code(case)
    if by_code.confidence != "unknown":
        return by_code
    if known is not None and known.cause == "policy":
        return _by_number(case, ("policy",), "likely", case.parsed.enhanced, known.references)
    return _by_hints(searched, by_code) or by_code


def _rank(each: _Found) -> tuple[int, int, int, int]:
    """Sort what was found: by level, then the most words, then the widest span, then the first."""
    hit = each.hit
    return -_LEVELS[each.rule.level], -hit.words, hit.start - hit.end, hit.start


def _meant(case: _Case, detail: str) -> Enhanced | None:
    """Find what the one who speaks means by an enhanced code, where that is not what the registry says.

    A code that is not in the registry and that only one is known to use gives its speaker away.
    """
    if not detail:
        return None
    for speaker in case.speakers:
        meant = knowledge.meant_by(speaker, case.parsed.enhanced)
        if meant is not None:
            return meant
    if detail not in knowledge.enhanced():
        known = knowledge.meanings(case.parsed.enhanced)
        if len(known) == 1:
            return known[0]
    return None


def _fits(rule: Rule, case: _Case, detail: str) -> bool:
    if rule.only and case.class_ not in (rule.only, "unknown"):
        return False
    if rule.speaker and rule.speaker not in case.speakers:
        return False
    return not rule.enhanced or rule.enhanced == detail


def _by_words(fitting: list[_Found], searched: str, said: str) -> _Decision:
    """Go by the words of the first rule; `said` is the text with the addresses that `searched` lacks."""
    hit, rule = fitting[0].hit, fitting[0].rule
    confidence: Confidence = "certain"
    rivals = (
        each.rule for each in fitting[1:] if each.rule.level == rule.level and each.hit.words == hit.words
    )
    short = rule.level == "strong" and hit.words == 1
    if rule.level == "weak" or short or any(rival.cause != rule.cause for rival in rivals):
        confidence = "likely"
    confidence = rule.confidence or confidence
    if rule.cause == "unknown":
        confidence = "unknown"
    causes = (rule.cause, *_others(fitting, rule.cause))
    return _Decision(causes, confidence, said[words.span(searched, hit.start, hit.end)], rule)


def _others(fitting: list[_Found], cause: str) -> tuple[str, ...]:
    """Give the other causes that speak at the same level as the first, the likeliest first, at most four."""
    others: dict[str, None] = {}
    for each in fitting:
        if each.rule.level == fitting[0].rule.level:
            others.update(dict.fromkeys((each.rule.cause, *each.rule.also)))
    others.pop(cause, None)
    return tuple(others)[:4]


def _by_code(case: _Case) -> _Decision:
    code = case.parsed.code
    known = knowledge.codes().get(code or 0)
    if known is None or not known.causes:
        return _Decision(("unknown",), "unknown", str(code or ""))
    causes = known.by_stage.get(case.stage, known.causes)
    sure = known.sure or len(causes) == 1
    evidence = f"{code} at {case.stage}" if case.stage in known.by_stage else str(code)
    return _by_number(case, causes, "likely" if sure else "unknown", evidence, known.references)


def _by_hints(searched: str, by_code: _Decision) -> _Decision | None:
    """Put first the cause that single words hint at, when they do so clearly: a guess, and said to be one."""
    scores: dict[str, float] = {}
    said: dict[str, list[tuple[float, str]]] = {}
    for word in dict.fromkeys(words.split(searched)):
        for cause, weight in knowledge.hinted(word):
            scores[cause] = scores.get(cause, 0) + weight
            said.setdefault(cause, []).append((weight, word))
    ranked = sorted(scores, key=scores.__getitem__, reverse=True)
    if not ranked or scores[ranked[0]] - (scores[ranked[1]] if len(ranked) > 1 else 0) < _MARGIN:
        return None
    first = ranked[0]
    evidence = ", ".join(word for _, word in sorted(said[first], reverse=True)[:3])
    others = (cause for cause in by_code.causes if cause != first)
    return _Decision((first, *others), "unknown", evidence)


def _by_number(
    case: _Case, causes: tuple[str, ...], confidence: Confidence, evidence: str, references: tuple[str, ...]
) -> _Decision:
    if causes[0] == "system_temp" and case.class_ == "permanent":  # it says itself that it will not pass
        causes = ("system_perm", *causes)
    return _Decision(causes, confidence, evidence, references=references)


# --- telling ---


def _told(case: _Case, decision: _Decision) -> Explanation:
    parsed, rule = case.parsed, decision.rule
    name = decision.causes[0]
    cause = knowledge.causes()[name]
    direction = case.direction
    if rule is not None and direction == "unknown" and (parsed.code is None or rule.level == "signature"):
        direction = rule.direction or direction  # some systems make up codes as well: their marks tell
    retry, persistence = _prospects(cause, case.class_)
    side = _side(cause, direction)
    if rule is not None:
        retry, persistence = rule.retry or retry, rule.persistence or persistence
        side = _side_of_rule(rule, direction) or side
    return Explanation(
        text=parsed.text,
        code=parsed.code,
        enhanced=parsed.enhanced,
        class_=case.class_,
        cause=name,
        causes=decision.causes,
        confidence=decision.confidence,
        persistence=persistence,
        direction=direction,
        stage=case.stage,
        side="unknown" if decision.confidence == "unknown" else side,
        retry=retry,
        meaning=_meaning(case, decision, cause),
        evidence=decision.evidence,
        action=_action(case, decision, cause, direction),
        references=tuple(dict.fromkeys((*decision.references, *cause.references))),
    )


def _side(cause: Cause, direction: Direction) -> Side:
    match direction:
        case "sent":
            return cause.side_sent or cause.side
        case "received":
            return cause.side_received or cause.side
        case "local":
            return cause.side_local or cause.side
        case "unknown":
            return cause.side


def _side_of_rule(rule: Rule, direction: Direction) -> Side | None:
    match direction:
        case "sent":
            return rule.side_sent or rule.side
        case "received":
            return rule.side_received or rule.side
        case "local" | "unknown":
            return rule.side


def _prospects(cause: Cause, class_: Class) -> tuple[Retry, Persistence]:
    """Tell whether to try again, and whether the fault lasts: by the code's word unless the cause knows better."""
    retry = cause.retry_temporary if class_ == "temporary" else cause.retry_permanent
    if cause.persistence != "class":
        return retry, cause.persistence
    return retry, class_ if class_ in ("temporary", "permanent") else "unknown"


def _meaning(case: _Case, decision: _Decision, cause: Cause) -> str:
    if decision.rule is not None and decision.rule.meaning:
        return decision.rule.meaning
    if decision.meaning:
        return decision.meaning
    if decision.confidence == "unknown":
        known = knowledge.codes().get(case.parsed.code or 0)
        if known is not None:
            return known.meaning
        if case.class_ == "permanent":
            return "Refused for good; the reply does not say enough to tell why."
        if case.class_ == "temporary":
            return "Put off for now; the reply does not say enough to tell why."
    return cause.meaning


def _action(case: _Case, decision: _Decision, cause: Cause, direction: Direction) -> str:
    rule = decision.rule
    if rule is not None:
        if direction == "received" and rule.action_received:
            return rule.action_received
        if rule.action:
            return rule.action
    if decision.confidence == "unknown":
        known = knowledge.codes().get(case.parsed.code or 0)
        return known.action if known is not None else knowledge.causes()["unknown"].action
    match direction:
        case "sent":
            return cause.action_sent or cause.action
        case "received":
            return cause.action_received or cause.action
        case "local":
            return cause.action_local or cause.action
        case "unknown":
            return cause.action
