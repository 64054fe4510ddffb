"""The settings of the YARA rules."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class YaraSettings(BaseModel):
    """The `[checks.yara]` part of the settings: rules of your own, matched by the inspectors (checks.inspection)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Path, ...] = Field(
        default=(),
        description="Files of YARA rules. They are matched against each message, each attached file, and all files "
        'within them; what matches is found as "file-yara". An include is looked for beside the file that '
        "names it. `gatepost check` compiles them.",
    )
    seconds: int = Field(
        default=5,
        ge=1,
        le=60,
        description="Seconds that matching one file may take; one that takes longer is found as file-unseen.",
    )
