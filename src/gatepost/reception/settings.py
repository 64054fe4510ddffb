"""Settings of reception: what one client may ask of us. Each bound is a promise about memory and time."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ReceptionSettings(BaseModel):
    """`[reception]`: limits on connections, sessions and messages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_connections: int = Field(
        default=1000, ge=1, description="Connections open at once, over all workers."
    )
    max_connections_per_client: int = Field(
        default=50,
        ge=1,
        description="Connections open at once from one client address; relay networks are exempt.",
    )
    max_message_size: int = Field(
        default=52_428_800, ge=65_536, description="Octets of one message, announced as SIZE (RFC 1870)."
    )
    max_recipients: int = Field(
        default=1000,
        ge=100,
        le=2000,
        description="Recipients of one transaction; RFC 5321 §4.5.3.1.8 asks for at least 100.",
    )
    max_command_line: int = Field(
        default=2048,
        ge=512,
        le=65_536,
        description="Octets of a command line with its CRLF (RFC 5321 §4.5.3.1.4: 512).",
    )
    max_text_line: int = Field(
        default=65_536,
        ge=1000,
        description="Octets of a line of content. RFC 5321 §4.5.3.1.6 says 1,000; real mail has longer ones, "
        "and they are passed on as they are.",
    )
    max_errors: int = Field(
        default=20, ge=1, description="Refused commands in one session before it is closed."
    )
    max_commands: int = Field(
        default=10_000,
        ge=100,
        description="Commands in one session before it is closed; relay networks are exempt.",
    )
    max_hops: int = Field(
        default=50, ge=10, description="Received fields before a message counts as going in a circle."
    )
    command_timeout: int = Field(
        default=300,
        ge=1,
        description="Seconds to wait for the next command or piece of content (RFC 5321 §4.5.3.2.7: 300).",
    )
    transaction_timeout: int = Field(
        default=3600, ge=1, description="Seconds from MAIL to the end of the content."
    )
    memory_per_message: int = Field(
        default=262_144,
        ge=4096,
        description="Octets of content kept in memory; a larger content goes to disk as it comes.",
    )
