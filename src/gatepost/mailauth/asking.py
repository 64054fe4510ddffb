"""Ask DNS for several names at once: a message with ten signatures waits for one answer, not for ten.

The only module of `mailauth` that knows an event loop, and all it takes from it is waiting for many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from gatepost.mail.dns import Answer, Resolver


async def ask_all(resolver: Resolver, names: Iterable[str]) -> dict[str, Answer]:
    """Give the TXT answers by the names that were asked for, each asked once."""
    distinct = list(dict.fromkeys(names))
    if len(distinct) == 1:  # the usual case, which needs no task
        return {distinct[0]: await resolver.ask(distinct[0], "TXT")}
    answers = await asyncio.gather(*[resolver.ask(name, "TXT") for name in distinct])
    return dict(zip(distinct, answers, strict=True))
