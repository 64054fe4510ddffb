"""Settings of delivery: how long a next hop is waited for, how often it is tried, when a message is given up."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DeliverySettings(BaseModel):
    """`[delivery]`: connections to next hops, the retry schedule, and when mail is given up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lifetime: int = Field(
        default=432_000,
        ge=60,
        description="Seconds until an undelivered message is returned (RFC 5321 §4.5.4.1: 4-5 days).",
    )
    retry: tuple[int, ...] = Field(
        default=(60, 300, 900, 1800, 3600, 7200, 14_400),
        min_length=1,
        description="Seconds to wait after the first, second, … failed try; the last one repeats.",
    )
    max_connections: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="Connections open at once to one group of next hops, for each worker.",
    )
    messages_per_connection: int = Field(
        default=1000, ge=1, description="Messages sent over one connection before a new one is opened."
    )
    idle_timeout: int = Field(default=30, ge=1, description="Seconds a connection without work is kept.")
    connect_timeout: int = Field(
        default=30, ge=1, description="Seconds to wait for a next hop to take the connection."
    )
    reply_timeout: int = Field(
        default=300, ge=1, description="Seconds to wait for a reply (RFC 5321 §4.5.3.2 asks for 5 minutes)."
    )
    content_timeout: int = Field(
        default=600,
        ge=1,
        description="Seconds to wait for the reply to the content (RFC 5321 §4.5.3.2.6: 10 minutes).",
    )
    starttls: Literal["never", "may", "must"] = Field(
        default="may",
        description='TLS to next hops: "never", "may" (when offered; the certificate is not judged), or '
        '"must" (offered and valid, else the mail waits).',
    )
