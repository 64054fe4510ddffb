"""The `[policy]` part of the settings: what to do where the rules leave a choice."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gatepost.policy.networks import LOOPBACK, Networks
from gatepost.policy.rules import Outage


class PolicySettings(BaseModel):
    """The choices of policy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    relay_networks: tuple[str, ...] = Field(
        default=LOOPBACK,
        description="Networks (CIDR) whose clients may send to any domain: your own servers. Everyone else "
        "may send to the named domains only.",
    )
    virus_unavailable: Outage = Field(
        default="defer",
        description='What to do with a message when the virus scanner cannot be asked: "defer" (451 4.7.1, '
        'the client tries again) or "accept" (the journal says that it went through unchecked). There is no '
        '"reject": 5yz would tell the client that trying again cannot help, and it can.',
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
