"""Looking with a check in a test: strangers, what they say, and findings in a short form."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence
from typing import Any

from gatepost.checks.check import Check
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Stage

CLIENT = "203.0.113.7"
CLIENT6 = "2001:db8::7"


def facts(client: str = CLIENT, helo: str = "", relay: bool = False) -> Facts:
    return Facts(session="7zq4k0v3m8x2a", client=client, role="inbound", relay=relay, helo=helo)


def look(check: Check, stage: Stage, seen: Facts, content: bytes | None = None) -> Sequence[Finding]:
    """Look once, on a loop of its own when the check waits."""
    held = None if content is None else Content(len(content), content)
    answer: Any = check.look(stage, seen, held)
    if not inspect.isawaitable(answer):
        return answer  # type: ignore[no-any-return]

    async def wait() -> Sequence[Finding]:
        return await answer  # type: ignore[no-any-return]

    return asyncio.run(wait())


def only(findings: Sequence[Finding]) -> Finding:
    (finding,) = findings
    return finding
