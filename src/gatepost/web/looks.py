"""The templates: where they are, how values are written in them, and nothing about what they show.

Everything that a template writes is escaped, and cleaned of characters that cannot be seen (`words.shown`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gatepost import __version__
from gatepost.mail.clock import Clock
from gatepost.web import words
from gatepost.web.explained import explained_told, retry, whose_move

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"


def environment(clock: Clock) -> Environment:
    """Make the environment of all templates; `clock` tells which times are today's."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=words.shown,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        clock_time=lambda seconds: words.clock_time(seconds, clock()),
        exact_time=words.exact_time,
        step_time=words.step_time,
        span=words.span,
        octets=words.size,
        path=words.path,
        spoken=words.spoken,
        cut=words.cut,
        explained=explained_told,
    )
    made.globals.update(version=__version__, now=clock, whose_move=whose_move, retry=retry)
    return made
