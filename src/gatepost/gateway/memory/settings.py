"""The settings of the memory."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MemorySettings(BaseModel):
    """What the gateway remembers between messages: who came back, who sent what, who writes to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_records: int = Field(
        default=500_000,
        ge=1000,
        le=100_000_000,
        description="Records of each kind that are kept (a record takes some 200 octets on disk). Above it those go "
        "that would be forgotten first. A large provider may want more, a small disk less.",
    )
