"""The settings of the rules about files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from gatepost.checks.content.formats.kinds import KINDS, Family

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class FileRule(BaseModel):
    """A rule about files: it is about those for which all that it names is true."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = Field(
        default="",
        description='What the file is by its content: a kind ("iso", "pdf") or a family of kinds ("disk-image").',
    )
    name: str = Field(
        default="", description='A pattern for its name, without regard to case: "*.img", "invoice*".'
    )
    larger: int = Field(default=0, ge=0, description="Octets; the file has more. 0: of any size.")
    sha256: str = Field(default="", description="Its fingerprint, in hexadecimal.")
    sha256_file: Path | None = Field(
        default=None,
        description="A file of fingerprints, one at the beginning of each line, as sha256sum writes them.",
    )
    note: str = Field(default="", description="Why the rule is there; it stands beside what it finds.")

    @field_validator("kind")
    @classmethod
    def _a_kind(cls, kind: str) -> str:
        known = {*KINDS, *Family}
        if kind and kind not in known:
            raise ValueError(f"{kind!r} is no kind of file; known are {', '.join(sorted(known))}")
        return kind

    @field_validator("sha256")
    @classmethod
    def _a_fingerprint(cls, fingerprint: str) -> str:
        lower = fingerprint.strip().lower()
        if lower and not _SHA256.fullmatch(lower):
            raise ValueError(f"{fingerprint!r} is no SHA-256 fingerprint: it has 64 hexadecimal digits")
        return lower

    @field_validator("sha256_file")
    @classmethod
    def _a_readable_file(cls, file: Path | None) -> Path | None:
        # Said here, where bad settings change nothing, and not by a worker that cannot start.
        if file is not None:
            try:
                file.open("rb").close()
            except OSError as error:
                raise ValueError(
                    f"{file} cannot be read: {error.strerror}; name a file of fingerprints"
                ) from None
        return file

    @model_validator(mode="after")
    def _about_something(self) -> FileRule:
        if not (self.kind or self.name.strip("*") or self.larger or self.sha256 or self.sha256_file):
            raise ValueError("it is about every file; name a kind, a pattern, a size or a fingerprint")
        return self


class FilesSettings(BaseModel):
    """The `[checks.files]` part of the settings: which files are blocked, and which are let be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    blocked: tuple[FileRule, ...] = Field(
        default=(),
        description='Rules; a file that one of them is about is found as "file-blocked", inside of archives too.',
    )
    allowed: tuple[FileRule, ...] = Field(
        default=(),
        description="Rules; of a file that one of them is about nothing is found but what it holds.",
    )
