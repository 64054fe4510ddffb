"""The decision: from findings and rules to one disposition, by a pure function.

Between the checks and the reply, at every stage of a session. Most messages have nothing found, so that
case costs one look at each finding and gives a shared value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gatepost.checks.finding import Finding, Result, Stage
from gatepost.policy.disposition import Action, Disposition
from gatepost.policy.rules import SCORE_ENTRY, SCORE_RULE, SEVERITY, Rule, Rules

_CLEAN: Final = Result.CLEAN
_SKIPPED: Final = Result.SKIPPED
_NO_RULE: Final = "no-rule"


def decide(
    stage: Stage, findings: Sequence[Finding], rules: Rules, before: Sequence[Finding] = ()
) -> Disposition:
    """Decide on what was found at a stage, and `before` it in the same session and transaction.

    The severest action of all rules that match wins (refuse for good, refuse for now, hold, go on), the first of
    equals; the reasons of all are kept. One rule that accepts outweighs all that are not firm. At the end of the
    content the score decides too: a message that is to be held for one finding is refused where all of them together
    say so. A check that was skipped decides nothing: its finding stands in the record. What no rule is about goes on,
    with a reason that says so.
    """
    seen = (*before, *findings) if before else findings
    for finding in seen:
        result = finding.result
        if result is not _CLEAN and result is not _SKIPPED:
            return _weigh(stage, seen, rules)
    return rules.relay


def _weigh(stage: Stage, findings: Sequence[Finding], rules: Rules) -> Disposition:
    reasons: list[str] = []
    marks: list[str] = []
    matched: list[tuple[Rule, Finding]] = []
    score = 0.0
    for finding in findings:
        if finding.result is _CLEAN or finding.result is _SKIPPED:
            continue
        what = finding.what
        rule = rules.find(what)
        if rule is None:
            reasons.append(f"no rule is about {what}")
            continue
        reasons.append(rule.reason)
        matched.append((rule, finding))
        if rule.mark:
            marks.append(what)
        if rule.mark or rule.action is not Action.RELAY:
            score += finding.score or rule.score
    accepting = next((rule for rule, _ in matched if rule.accept), None)
    winner, cause = _severest(matched, firm_only=accepting is not None)
    score = round(score, 2)
    if winner is not None:  # what decided comes first
        reasons.remove(winner.reason)
        reasons.insert(0, winner.reason)
    refused = winner is not None and SEVERITY[winner.action] > SEVERITY[Action.QUARANTINE]
    if stage is Stage.CONTENT and accepting is None and not refused:
        if 0 < rules.reject_score <= score:
            return _by_score(Action.REJECT, score, rules.reject_score, reasons, marks)
        if 0 < rules.hold_score <= score and (winner is None or winner.action is Action.RELAY):
            return _by_score(Action.QUARANTINE, score, rules.hold_score, reasons, marks)
    if winner is not None and cause is not None and winner.action is not Action.RELAY:
        entry, facts = winner.entry, _public_facts(winner.facts, cause)
        return Disposition(
            action=winner.action,
            rule=winner.finding,
            reasons=tuple(reasons),
            score=score,
            marks=tuple(marks),
            entry=entry,
            facts=facts,
        )
    decisive = accepting or winner
    return Disposition(
        action=Action.RELAY,
        rule=decisive.finding if decisive is not None else _NO_RULE,
        reasons=tuple(reasons),
        score=score,
        marks=tuple(marks),
    )


def _by_score(
    action: Action, score: float, limit: float, reasons: Sequence[str], marks: Sequence[str]
) -> Disposition:
    """Decide by what all findings add up to."""
    refused = action is Action.REJECT
    return Disposition(
        action=action,
        rule=SCORE_RULE,
        reasons=(f"the score {score:g} reaches {limit:g}", *reasons),
        score=score,
        marks=tuple(marks),
        entry=SCORE_ENTRY if refused else "",
        facts={"score": f"{score:g}", "limit": f"{limit:g}"} if refused else {},
    )


def _severest(
    matched: Sequence[tuple[Rule, Finding]], *, firm_only: bool
) -> tuple[Rule | None, Finding | None]:
    winner: Rule | None = None
    cause: Finding | None = None
    for rule, finding in matched:
        if firm_only and not rule.firm:
            continue
        if winner is None or SEVERITY[rule.action] > SEVERITY[winner.action]:
            winner, cause = rule, finding
    return winner, cause


def _public_facts(names: Sequence[str], finding: Finding) -> dict[str, str]:
    """Take the facts that the rule's entry wants from the evidence; one that is not there is "unknown"."""
    if not names:
        return {}
    known: dict[str, str] = {}
    for evidence in finding.evidence:
        for name, fact in evidence.facts().items():
            known.setdefault(name, fact)
    return {name: known.get(name, "unknown") for name in names}
