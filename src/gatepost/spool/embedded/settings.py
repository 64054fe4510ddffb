"""Settings of the embedded spool, with their documentation on the fields."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

_KIB = 1 << 10
_MIB = 1 << 20


class SpoolSettings(BaseModel):
    """How the embedded spool uses its disk and its memory; sizes in octets, times in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_free: Annotated[
        int, Field(ge=0, description="Take no new mail (452 4.3.1) once less than this is free on the disk.")
    ] = 256 * _MIB
    min_free_inodes: Annotated[
        int, Field(ge=0, description="Take no new mail once fewer files than this can be created.")
    ] = 1000
    segment_size: Annotated[
        int,
        Field(
            ge=64 * _KIB,
            description="Size of a segment file, which holds the contents of many messages. "
            "The space is reserved when the file is begun.",
        ),
    ] = 64 * _MIB
    own_file_from: Annotated[
        int, Field(ge=_KIB, description="A content of at least this size gets a file of its own.")
    ] = _MIB
    memory: Annotated[
        int,
        Field(
            ge=0,
            description="Contents of fresh messages kept in memory until their delivery ends, in all. "
            "Beyond it a message is delivered from disk.",
        ),
    ] = 64 * _MIB
    settle_delay: Annotated[
        float,
        Field(
            ge=0,
            le=0.05,
            description="How long the outcome of a delivery may wait for a commit to ride with. "
            "A crash within this time delivers a message twice.",
        ),
    ] = 0.02
    compact_below: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="A full segment file of which less than this share is still needed is emptied by "
            "copying, so that one deferred message does not keep all of it.",
        ),
    ] = 0.25
    compact_after: Annotated[
        float,
        Field(ge=0, description="How long a segment file has been full before it may be emptied by copying."),
    ] = 30.0
