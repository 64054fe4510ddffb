"""Dialogues as text: read them, run them against anything that speaks SMTP.

A dialogue is a file `*.smtp` that anyone can read:

    # what it shows (the first line is the test's sentence)
    % client = "127.0.0.2"          a line of TOML: `client` is where we call from, `zone` what DNS says, the
                                     rest are settings
    s: 220 gateway.test ESMTP Gatepost
    c: EHLO client.test              a line we send, ended by CRLF
    s: 250-gateway.test              a reply line, exactly; ID stands for any session id
    s: 250 ...                       "..." at the end: anything may follow
    raw: a\\nb\\r\\n                   octets as Python would write them, nothing added
    repeat 3 c: NOOP                 a line several times (its replies are expected with `repeat 3 s:`)
    wait                             nothing is sent until the other side speaks or closes
    closed                           the other side has closed the connection
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{13}\b")
FOLDER = Path(__file__).parent


class Line(Protocol):
    """A connection as a dialogue needs it."""

    def send(self, octets: bytes) -> None:
        """Send."""

    def read_line(self) -> bytes:
        """Give the next line with its CRLF, b"" when the other side has closed. Raises TimeoutError."""


@dataclass(frozen=True)
class Step:
    """One line of a dialogue."""

    number: int
    kind: str
    text: str


@dataclass(frozen=True)
class Dialogue:
    """One file, read."""

    name: str
    about: str
    client: str
    zone: dict[str, Any]
    settings: dict[str, Any]
    steps: tuple[Step, ...] = field(repr=False)

    def entries(self) -> set[str]:
        """Give the catalogue ids that the expected lines name."""
        return set(
            re.findall(r"\(([a-z][a-z0-9-]+) ID", "\n".join(s.text for s in self.steps if s.kind == "s"))
        )


def read(path: Path) -> Dialogue:
    """Read a dialogue. Raises ValueError for a line that is none."""
    about, toml, steps = "", [], []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            about = about or line.strip("# ")
        elif line.startswith("%"):
            toml.append(line[1:].strip())
        else:
            times, line = (int(m[1]), m[2]) if (m := re.fullmatch(r"repeat (\d+) (.*)", line)) else (1, line)
            kind, colon, text = line.partition(":")
            if kind not in {"s", "c", "raw", "wait", "closed"} or (kind in {"s", "c", "raw"}) != bool(colon):
                raise ValueError(f"{path.name}:{number}: {line!r} is no line of a dialogue")
            steps += [Step(number, kind, text.removeprefix(" "))] * times
    settings = tomllib.loads("\n".join(toml))
    client = settings.pop("client", "127.0.0.1")
    zone = settings.pop("zone", {})
    return Dialogue(path.stem, about, client, zone, settings, tuple(steps))


def all_dialogues() -> list[Dialogue]:
    """Read every dialogue of the folder."""
    return [read(path) for path in sorted(FOLDER.glob("*.smtp"))]


def play(dialogue: Dialogue, line: Line, piecewise: bool = False) -> None:
    """Say our lines and compare the other side's; raises AssertionError at the first that differs."""
    for step in dialogue.steps:
        where = f"{dialogue.name}.smtp:{step.number}"
        match step.kind:
            case "c" | "raw":
                octets = step.text.encode() + b"\r\n"
                if step.kind == "raw":
                    octets = step.text.encode("latin-1").decode("unicode_escape").encode("latin-1")
                for piece in [octets[i : i + 1] for i in range(len(octets))] if piecewise else [octets]:
                    line.send(piece)
            case "s":
                try:
                    got = line.read_line()
                except TimeoutError:
                    raise AssertionError(f"{where}: wanted {step.text!r}, and nothing came") from None
                assert got.endswith(b"\r\n"), f"{where}: wanted {step.text!r}, got {got!r}"
                words = ID.sub("ID", got[:-2].decode())
                wanted = step.text
                if wanted.endswith("..."):
                    assert words.startswith(wanted[:-3]), f"{where}: wanted {wanted!r}, got {words!r}"
                else:
                    assert words == wanted, f"{where}: wanted {wanted!r}, got {words!r}"
            case "closed":
                assert line.read_line() == b"", f"{where}: the connection is still open"
