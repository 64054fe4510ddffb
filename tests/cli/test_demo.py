"""The demonstration, as a newcomer runs it: eight messages, eight fates, and nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from gatepost.gateway.demo import scenes
from tests.peers.gateway import environment

FATES = (
    "delivered in ",
    "refused after its content: 554 virus-found",
    "refused after its content: 550 dmarc-reject",
    "refused at MAIL: 552 size-declared",
    "refused at RCPT: 550 relay-denied",
    "refused for good at RCPT",
    "Greylisted, try again in 3 seconds",
    "held until a person acts",
)


def test_eight_messages_meet_eight_fates_and_each_is_told(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gatepost", "demo", "--exit"],
        cwd=tmp_path,
        env={**environment(), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    _, *parts = done.stdout.split("\n── ")
    assert len(parts) == len(FATES)
    for number, (part, scene, fate) in enumerate(zip(parts, scenes(), FATES, strict=True), 1):
        assert part.startswith(f"{number} of 8: {scene.title} ")
        assert fate in " ".join(part.split())
    assert "gatepost init --domain" in parts[-1]
    assert list(tmp_path.iterdir()) == []
