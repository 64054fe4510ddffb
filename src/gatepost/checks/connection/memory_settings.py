"""The settings of what is learned about callers: greylisting, reputation, correspondents, domains."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class GreylistSettings(BaseModel):
    """`[checks.greylist]`: who is asked to come again later before a first message is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["suspicious", "all", "off"] = Field(
        default="suspicious",
        description='"suspicious": sessions in which a check found something that adds to the score. "all": every '
        'stranger. "off": nobody. Relay clients, allowed senders and people whom our users write to never wait.',
    )
    delay: int = Field(
        default=240,
        ge=1,
        le=3600,
        description="Seconds before a stranger may come again. Most servers come back after 5 minutes (Postfix, "
        "Exchange) or later; a little less means that their first try is never too early.",
    )
    retry_window: int = Field(
        default=86_400,
        ge=3600,
        le=604_800,
        description="Seconds after the first try within which the same message must come again to count as a "
        "retry. The slowest queues try again every few hours.",
    )
    known_days: int = Field(
        default=36,
        ge=1,
        le=3650,
        description="Days that one who came back stays known, for all its servers and all recipients, counted from "
        "its last message. More than a month, so that a monthly newsletter waits once.",
    )


class ReputationSettings(BaseModel):
    """`[checks.reputation]`: what clients did here before. What is done about it is `policy.findings`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="Whether what became of messages is remembered by client and domain."
    )
    half_life_days: float = Field(
        default=7.0,
        ge=0.5,
        le=365,
        description="Days after which a message counts half as much. After four times as long it is forgotten.",
    )
    least_messages: float = Field(
        default=10.0,
        ge=1,
        le=100_000,
        description="Messages that must be known of (older ones counting less) before anything is said.",
    )
    delay_below: int = Field(
        default=40,
        ge=0,
        le=100,
        description="Scores below this, from 0 (bad) to 100, are in the delay band: reputation-poor.",
    )
    reject_below: int = Field(
        default=15,
        ge=0,
        le=100,
        description="Scores below this are in the reject band: reputation-bad. Not above delay_below; 0 is never.",
    )

    @model_validator(mode="after")
    def _bands_in_order(self) -> ReputationSettings:
        if self.reject_below > self.delay_below:
            raise ValueError(
                f"reject_below ({self.reject_below}) is above delay_below ({self.delay_below}); what is refused for "
                "good must be worse than what is delayed"
            )
        return self


class CorrespondentsSettings(BaseModel):
    """`[checks.correspondents]`: people whom our users write to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True,
        description="Whether it is remembered who writes to whom (as hashes, never as addresses).",
    )
    sent: int = Field(
        default=2,
        ge=1,
        le=100,
        description="Messages that our user must have sent to someone before the two are a known pair.",
    )
    received: int = Field(
        default=2,
        ge=0,
        le=100,
        description="Messages that must have come back, each vouched for by SPF or DKIM.",
    )
    remember_days: int = Field(
        default=180, ge=1, le=3650, description="Days after the last message that a pair is remembered."
    )


class NewDomainsSettings(BaseModel):
    """`[checks.new_domains]`: author domains of which nothing was taken before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="Whether it is remembered which domains mail came from and went to."
    )
    new_hours: float = Field(
        default=24.0,
        ge=0,
        le=720,
        description="Hours for which a domain stays new after its first message that was taken.",
    )
    quiet_days: float = Field(
        default=14.0,
        ge=0,
        le=365,
        description="Days for which a new or lost memory calls nothing new. It also waits for 200 messages.",
    )
    remember_days: int = Field(
        default=180, ge=30, le=3650, description="Days after its last message that a domain is remembered."
    )

    @model_validator(mode="after")
    def _in_time(self) -> NewDomainsSettings:
        if self.quiet_days >= self.remember_days:
            raise ValueError(
                f"quiet_days ({self.quiet_days:g}) is not below remember_days ({self.remember_days}); what is "
                "forgotten before anything is said is new for ever"
            )
        return self
