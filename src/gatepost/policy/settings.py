"""The `[policy]` part of the settings: what to do where the rules leave a choice."""

from __future__ import annotations

import difflib

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.policy.known import KNOWN, Choice
from gatepost.policy.networks import LOOPBACK, Networks
from gatepost.policy.rules import Rules, Treatment, rule_for, rules


class TreatmentSettings(BaseModel):
    """What to do about one finding, with a score of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: Choice = Field(description='"reject", "defer", "hold", "mark", "accept" or "observe".')
    score: float | None = Field(
        default=None, ge=-100, le=100, description="What it adds to the score of the message."
    )


class PolicySettings(BaseModel):
    """The choices of policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    relay_networks: tuple[str, ...] = Field(
        default=LOOPBACK,
        description="Networks (CIDR) whose clients may send to any domain: your own servers. Everyone else "
        "may send to the named domains only.",
    )
    findings: dict[str, Choice | TreatmentSettings] = Field(
        default={},
        description='What to do about which finding, where not the usual: `{ "virus-unavailable" = "mark" }`, or '
        'with a score `{ "spf-softfail" = { action = "mark", score = 2 } }`. `gatepost policy` lists the findings, '
        "the choices each has, and the usual one with its reason.",
    )
    reject_score: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="Refuse a message whose findings add up to this score (550 5.7.1); 0 is never.",
    )
    hold_score: float = Field(
        default=0.0,
        ge=0,
        le=1000,
        description="Take a message whose findings add up to this score, and hold it until a person decides "
        "(`gatepost quarantine`); 0 is never.",
    )
    hold_days: int = Field(
        default=30,
        ge=0,
        le=36_500,
        description="Days after which a message that policy holds is deleted when nobody has decided, with a record "
        "in the journal; 0 is never.",
    )

    @field_validator("relay_networks")
    @classmethod
    def _networks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            try:
                Networks((name,))
            except ValueError as error:
                raise ValueError(f'{error}; write a network like "10.0.0.0/8" or "192.0.2.7"') from None
        return names

    @model_validator(mode="after")
    def _true_choices(self) -> PolicySettings:
        for finding, treatment in self.treatments().items():
            if finding not in KNOWN:
                near = difflib.get_close_matches(finding, KNOWN, 1, 0.5)
                hint = f"did you mean {near[0]!r}?" if near else "`gatepost policy` lists them"
                raise ValueError(f"{finding!r} is nothing that a check finds; {hint}")
            rule_for(KNOWN[finding], treatment)
        if 0 < self.reject_score <= self.hold_score:
            raise ValueError(
                f"hold_score {self.hold_score:g} is not below reject_score {self.reject_score:g}, so nothing would "
                "be held by its score; lower it, or leave it out"
            )
        return self

    def treatments(self) -> dict[str, Treatment]:
        """Give what is wanted, by finding."""
        return {
            finding: Treatment(wanted.action, wanted.score)
            if isinstance(wanted, TreatmentSettings)
            else Treatment(wanted)
            for finding, wanted in self.findings.items()
        }

    def rules(self) -> Rules:
        """Give the rules that follow from the settings."""
        return rules(self.treatments(), self.reject_score, self.hold_score)
