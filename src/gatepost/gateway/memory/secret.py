"""The secret of an installation, by which addresses are hashed before they are remembered.

Drawn once, kept beside the memory and not in it: a copy of the memory alone does not tell who writes to whom.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

FILE: Final = "memory.key"
LENGTH: Final = 32


def secret(directory: Path) -> bytes:
    """Give the secret of a data directory, 32 octets; draw it where there is none. Raises OSError."""
    path = directory / FILE
    with suppress(FileNotFoundError):
        found = path.read_bytes()
        if len(found) == LENGTH:
            return found
        path.unlink()
    draft = directory / f"{FILE}.{os.getpid()}"
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(fd, secrets.token_bytes(LENGTH))
    finally:
        os.close(fd)
    try:
        with suppress(FileExistsError):
            os.link(draft, path)  # of several workers that start at once, one is first
    finally:
        draft.unlink()
    return path.read_bytes()
