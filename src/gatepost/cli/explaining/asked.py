"""What someone asked for: the options of `gatepost explain` as one value, and whether they go together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from gatepost.reply.explanation import Context

if TYPE_CHECKING:
    from gatepost.maillog.wanted import Wanted

_HTML: Final = (".html", ".htm")


class Asked(Struct, frozen=True, kw_only=True):
    """The options. `since` and `until` are moments as logs write them."""

    context: Context = Context()
    as_json: bool = False
    jsonl: bool = False
    as_csv: bool = False
    html: Path | None = None
    details: bool = False
    message: str = ""
    to: Literal["sender", "admin", ""] = ""
    follow: bool = False
    limit: int | None = None
    since: str = ""
    until: str = ""
    causes: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()

    @property
    def linewise(self) -> bool:
        """Each line is answered by itself."""
        return self.jsonl or self.as_csv

    def wanted(self) -> Wanted:
        """Give the filters as a value that is asked for each line."""
        from gatepost.maillog.wanted import Wanted

        return Wanted(
            since=self.since,
            until=self.until,
            causes=frozenset(self.causes),
            domains=frozenset(name.strip().lower().lstrip("@") for name in self.domains),
            sides=frozenset(self.sides),
        )

    def fault(self) -> str:
        """Say what does not go together, "" where all does."""
        outputs = {
            "--json": self.as_json,
            "--jsonl": self.jsonl,
            "--csv": self.as_csv,
            "--details": self.details,
            "--message": bool(self.message),
            "--follow": self.follow,
            "--for": bool(self.to),
        }
        chosen = [name for name, is_chosen in outputs.items() if is_chosen]
        if len(chosen) > 1:
            return f"{chosen[0]} and {chosen[1]} do not go together; choose one."
        if self.html is not None and self.html.suffix.lower() not in _HTML:
            return "--html takes the name of a new page, which ends in .html; the logs come after it."
        if self.since and self.until and self.since > self.until:
            return "--since is later than --until; swap them."
        return ""
