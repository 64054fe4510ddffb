"""A memory in a dictionary, a memory that never answers, and findings as other checks would make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from gatepost.checks.evidence import Evidence
from gatepost.checks.evidence.said import Said
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.checks.memory import Found, Raw, Step, Unavailable

NOW = 1_800_000_000.0


class Clock:
    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Ram:
    """The interface, with nothing behind it but a dictionary. `warm` tells whether `fresh` knows anything."""

    def __init__(self, clock: Clock, warm: bool = False) -> None:
        self.records: dict[tuple[str, str], Raw] = {}
        self.asked = 0
        self.warm = warm
        self._clock = clock

    def _read(self, space: str, keys: Sequence[str]) -> Found:
        found = [self.records.get((space, key)) for key in keys]
        return tuple([raw if raw is not None and raw.expires > self._clock.now else None for raw in found])

    def fresh(self, space: str, keys: Sequence[str]) -> Found | None:
        return self._read(space, keys) if self.warm else None

    async def get(self, space: str, keys: Sequence[str]) -> Found | Unavailable:
        self.asked += 1
        return self._read(space, keys)

    async def change(self, space: str, keys: Sequence[str], step: Step) -> Found | Unavailable:
        self.asked += 1
        self.note(space, keys, step)
        return self._read(space, keys)

    def note(self, space: str, keys: Sequence[str], step: Step) -> None:
        for key, old in zip(keys, self._read(space, keys), strict=True):
            new = step(old)
            if new is None:
                self.records.pop((space, key), None)
            else:
                self.records[space, key] = new

    async def listed(
        self, space: str, prefix: str = "", after: str = "", limit: int = 1000
    ) -> tuple[tuple[str, Raw], ...] | Unavailable:
        keys = sorted(k for s, k in self.records if s == space and k.startswith(prefix) and k > after)
        return tuple(
            [(key, raw) for key in keys if (raw := self._read(space, (key,))[0]) is not None][:limit]
        )

    def keys(self, space: str) -> set[str]:
        return {key for (s, key) in self.records if s == space}


class Broken:
    """A memory that cannot answer."""

    def fresh(self, space: str, keys: Sequence[str]) -> Found | None:
        return None

    async def get(self, space: str, keys: Sequence[str]) -> Found | Unavailable:
        return Unavailable("the disk is gone")

    async def change(self, space: str, keys: Sequence[str], step: Step) -> Found | Unavailable:
        return Unavailable("the disk is gone")

    async def listed(
        self, space: str, prefix: str = "", after: str = "", limit: int = 1000
    ) -> tuple[tuple[str, Raw], ...] | Unavailable:
        return Unavailable("the disk is gone")

    def note(self, space: str, keys: Sequence[str], step: Step) -> None:
        pass


class Named(Said, frozen=True, tag="named", gc=False):
    """Evidence that vouches for a domain, as that of SPF, DKIM and reverse names does."""

    domain: str

    def vouches_for(self) -> str:
        return self.domain


def good(check: str, *domains: str, stage: Stage = Stage.MAIL) -> Finding:
    """A check found domains good."""
    evidence = cast("tuple[Evidence, ...]", tuple(Named(domain) for domain in domains))
    return Finding(check=check, stage=stage, result=Result.CLEAN, evidence=evidence)


def bad(
    name: str = "spf-softfail", score: float = 2.0, result: Result = Result.FOUND, **more: Any
) -> Finding:
    """A check found something."""
    return Finding(check=name, stage=Stage.MAIL, result=result, name=name, score=score, **more)
