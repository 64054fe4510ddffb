"""Ordering something about held messages, and hearing what became of it: by a running gateway, or without one.

For the command line, and for whatever else lets a person decide. Places orders; carries them out itself only where no
gateway runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from gatepost.gateway.quarantine.holdings import Holding
from gatepost.gateway.quarantine.stopped import carry_out
from gatepost.gateway.settings import Settings
from gatepost.gateway.supervisor import running_pid
from gatepost.spool.embedded import SpoolUnusable
from gatepost.spool.orders import Act, Answer, Order, Orders

PATIENCE: Final = 15.0
_LOOK: Final = 0.02

Outcome = Answer | Literal["later"]
"""An answer, or: the gateway has the order and carries it out as soon as it can."""


def order(
    settings: Settings,
    holdings: Sequence[Holding],
    act: Act,
    by: str,
    *,
    running: Callable[[], bool] | None = None,
    patience: float = PATIENCE,
) -> list[Outcome]:
    """Order the same for each message, and give what became of each. Raises OSError, SpoolUnusable.

    What is ordered stays ordered, whatever this raises: a gateway that starts carries it out.
    """
    runs = running or (lambda: running_pid(settings.data_dir) != 0)
    placed: list[tuple[Orders, str]] = []
    for holding in holdings:
        orders = Orders(holding.shard)
        placed.append(
            (orders, orders.place(Order(act=act, message=holding.message.id, by=by, time=time.time())))
        )
    if not runs():
        for shard in dict.fromkeys(holding.shard for holding in holdings):
            try:
                carry_out(settings, shard)
            except SpoolUnusable:
                if not runs():
                    raise  # else it has just been started, and has the order
    outcomes: list[Outcome] = []
    until = time.monotonic() + patience
    for orders, name in placed:
        while (answer := orders.answered(name)) is None and time.monotonic() < until:
            time.sleep(_LOOK)  # the answer is a file that another process writes: there is nothing to wait on
        outcomes.append(answer or "later")
    return outcomes
