"""What the options of `gatepost explain` take: a moment as a log writes it, a cause by its name.

Wrong ones are answered with what would be right.
"""

from __future__ import annotations

import datetime as dt

import click


class When(click.ParamType[str]):
    """A moment as people write it, given as logs do: "2026-11-23T15:05:55", local time."""

    name = "time"

    def __init__(self, *, end: bool = False) -> None:
        self._end = end

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read a moment: 2h ago, 14:30, a date (with `end` to its end), or RFC 3339."""
        from gatepost.maillog.wanted import moment

        text = str(value).strip()
        try:
            return moment(text, dt.datetime.now().astimezone(), end=self._end)
        except (ValueError, OverflowError):
            self.fail(
                f"{text!r} is no time; write 2h, 30m, 3d, 14:30, 2026-11-23 or 2026-11-23T14:30", param, ctx
            )


class CauseName(click.ParamType[str]):
    """A cause by its name (user_unknown) or its title ("No such recipient")."""

    name = "cause"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Find the cause; one that is not known is answered with the nearest that is."""
        from difflib import get_close_matches

        from gatepost.reply import knowledge

        text = str(value).strip().lower().replace("-", "_")
        causes = knowledge.causes()
        names = {cause.title.lower(): name for name, cause in causes.items()} | {
            name: name for name in causes
        }
        found = names.get(text) or names.get(text.replace("_", " "))
        if found is None:
            near = get_close_matches(text, names, n=1, cutoff=0.4)
            hint = f"did you mean {names[near[0]]}?" if near else f"known are {', '.join(sorted(causes))}"
            self.fail(f"{text!r} is no cause; {hint}", param, ctx)
        return found
