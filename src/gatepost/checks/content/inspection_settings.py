"""The settings of the inspection of files."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class InspectionSettings(BaseModel):
    """The `[checks.inspection]` part of the settings: how files are looked into, and how much of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(
        default=True, description="Look into attached files, and into all files within them."
    )
    processes: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Inspector processes per worker, started when they are needed. More files at one time wait.",
    )
    memory: int = Field(
        default=1_073_741_824,
        ge=268_435_456,
        description="Octets of memory that an inspector may have.",
    )
    seconds: int = Field(
        default=20,
        ge=1,
        le=300,
        description="Seconds that looking into the files of one message may take; then the inspector is killed.",
    )
    wait: float = Field(
        default=60.0, gt=0, le=300, description="Seconds that a message waits for a free inspector."
    )
    unpacked: int = Field(
        default=268_435_456,
        ge=1_048_576,
        description="Octets that all files of one message may make when they are unpacked.",
    )
    unpacked_file: int = Field(
        default=67_108_864, ge=65_536, description="Octets that one file may have, unpacked."
    )
    files: int = Field(
        default=2000, ge=1, le=100_000, description="Files that one message may hold, within others."
    )
    try_passwords: bool = Field(
        default=False,
        description="Try words of the message as passwords of encrypted files: senders of malware tell them there. "
        "So do people who mean it well; their files are opened only to be looked at.",
    )
    poison: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Failures of inspectors on the same content after which the message is found as "
        '"poison-message" instead of being put off once more.',
    )
