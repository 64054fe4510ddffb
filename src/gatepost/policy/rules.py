"""Rules: what to do about which finding, as frozen values that a person can read one by one.

`decide` applies them. The rules know entry ids and the names of public facts, not replies: the catalogue is
reception's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from msgspec import Struct

from gatepost.checks.finding import Result, Stage
from gatepost.policy.disposition import Action, Disposition

Outage = Literal["defer", "accept"]

SEVERITY: Final = {
    # A sender who is told can act, so telling outweighs everything that is silent; and what was not looked at
    # must not be settled for good by another check's milder word.
    Action.RELAY: 0,
    Action.QUARANTINE: 1,
    Action.DISCARD: 2,
    Action.DEFER: 3,
    Action.REJECT: 4,
}


class Rule(Struct, frozen=True, kw_only=True):
    """What to do when `check` reports `result` at `stage` (None: at any stage).

    `entry` is the catalogue entry to say and `facts` the names of the public facts that fill it; both are
    empty when the message goes on. `reason` is private and in words.
    """

    name: str
    check: str
    result: Result
    action: Action
    reason: str
    stage: Stage | None = None
    entry: str = ""
    facts: tuple[str, ...] = ()


class Rules:
    """A set of rules, and the disposition of a message that none of them is about."""

    __slots__ = ("_by_finding", "relay", "rules")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: Final = tuple(rules)
        self.relay: Final = Disposition(action=Action.RELAY, rule="nothing-found")
        self._by_finding: dict[tuple[str, Stage, Result], Rule] = {}
        for rule in self.rules:
            for stage in Stage if rule.stage is None else (rule.stage,):
                if self._by_finding.setdefault((rule.check, stage, rule.result), rule) is not rule:
                    raise ValueError(f"two rules are about {rule.check} {rule.result} at {stage}")

    def find(self, check: str, stage: Stage, result: Result) -> Rule | None:
        """Give the rule about a finding."""
        return self._by_finding.get((check, stage, result))


def standard(virus_unavailable: Outage = "defer") -> Rules:
    """Give the rules that the gateway starts with; `virus_unavailable` says what a scanner outage does."""
    if virus_unavailable == "defer":
        outage = Rule(
            name="virus-unavailable",
            check="virus",
            result=Result.UNAVAILABLE,
            action=Action.DEFER,
            entry="virus-check-unavailable",
            reason="the virus check could not be made, and policy.virus_unavailable says to defer",
        )
    else:
        outage = Rule(
            name="virus-unavailable",
            check="virus",
            result=Result.UNAVAILABLE,
            action=Action.RELAY,
            reason="not checked for viruses: scanner out, and policy.virus_unavailable says to accept",
        )
    return Rules(
        (
            Rule(
                name="size-declared",
                check="size",
                stage=Stage.MAIL,
                result=Result.FOUND,
                action=Action.REJECT,
                entry="size-declared",
                facts=("size", "limit"),
                reason="the size declared at MAIL is over the limit",
            ),
            Rule(
                name="size-exceeded",
                check="size",
                stage=Stage.CONTENT,
                result=Result.FOUND,
                action=Action.REJECT,
                entry="size-exceeded",
                facts=("limit",),
                reason="the content is over the limit",
            ),
            Rule(
                name="virus-found",
                check="virus",
                result=Result.FOUND,
                action=Action.REJECT,
                entry="virus-found",
                facts=("signature",),
                reason="a virus signature matched",
            ),
            outage,
        )
    )
