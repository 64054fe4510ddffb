"""Carries out in one shard what persons ordered about held messages, and ends what was held too long.

In the process that owns the shard, on its event loop. The journal is told before the spool is changed, and an order
stays until it was carried out: one that a `kill -9` interrupted is taken up again, and recorded once.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import Final

from gatepost.gateway.takeover import in_journal
from gatepost.journal.records import Deleted, Released
from gatepost.journal.writer import Journal
from gatepost.mail.clock import Clock
from gatepost.mail.ids import session_of
from gatepost.spool.embedded import SpoolReader, open_reader
from gatepost.spool.interface import Spool, Waiting
from gatepost.spool.orders import Order, Orders

log = logging.getLogger("gatepost.quarantine")

LOOK: Final = 0.25  # seconds between looks for orders
AT_ONCE: Final = 50  # orders carried out in one look: the event loop has other work
EXPIRE: Final = 3600.0
MOST_EXPIRED: Final = 1000  # at one time; each is an order with a file of its own
_KEPT_ANSWERS: Final = 300.0
_DAY: Final = 86_400
_KINDS: Final = {"release": "released", "delete": "deleted"}


class Carrier:
    """Carries out the orders to one shard.

    `lifetime` is how long delivery may try a released message, in seconds; after `days` a held one is deleted (0:
    never). `journal_dir` is where the records of former lives are.
    """

    def __init__(
        self,
        shard: Path,
        spool: Spool,
        journal: Journal,
        journal_dir: Path,
        clock: Clock,
        *,
        lifetime: float,
        days: int,
    ) -> None:
        self._shard = shard
        self._spool = spool
        self._journal = journal
        self._journal_dir = journal_dir
        self._clock = clock
        self._lifetime = lifetime
        self._days = days
        self._orders = Orders(shard)
        self._left = set(self._orders.pending())  # perhaps by a former life, which may have recorded them
        self._recorded: set[str] = set()
        self._under_way: dict[str, str] = {}  # orders, and the messages that they are about

    async def watch(self) -> None:
        """Look for orders until cancelled."""
        next_expiry = 0.0
        while True:
            try:
                now = self._clock()
                if not 0 <= next_expiry - now <= EXPIRE:
                    next_expiry = now + EXPIRE
                    await asyncio.to_thread(self.expire)
                    self._orders.forget(now - _KEPT_ANSWERS)
                self.look()
            except Exception:
                log.exception("the orders in %s could not be carried out", self._shard)
            await asyncio.sleep(LOOK)

    def look(self) -> bool:
        """Begin to carry out what was ordered; tell whether anything is still to be done."""
        names = self._orders.pending()
        new = [name for name in names if name not in self._under_way][:AT_ONCE]
        if new:
            with closing(open_reader(self._shard)) as reader:
                for name in new:
                    self._carry_out(name, reader)
        return bool(names)

    def expire(self) -> None:
        """Order the end of what was held too long."""
        if not self._days:
            return
        now = self._clock()
        reason = f"nobody decided within {self._days} days (policy.hold_days)"
        with closing(open_reader(self._shard)) as reader:
            old = [
                held.message.id
                for held in reader.held()
                if held.since < now - self._days * _DAY and held.message.held_for()
            ]
        for message in old[:MOST_EXPIRED]:
            self._orders.place(Order(act="delete", message=message, by="", time=now, reason=reason))

    def _carry_out(self, name: str, reader: SpoolReader) -> None:
        order = self._orders.read(name)
        if order is None:
            log.warning("an order in %s makes no sense: %s", self._shard, name)
            self._orders.answer(name, "bad")
            return
        entry = reader.get(order.message)
        held = entry.message.held_for() if entry is not None else ()
        if not held:
            self._orders.answer(name, "done" if self._is_recorded(name, order) else "moot")
            return
        if order.message in self._under_way.values():
            return  # what was ordered first is carried out first; then this may be moot
        if isinstance(entry, Waiting) and entry.leased:
            return  # to other recipients; its attempt ends soon
        if not self._is_recorded(name, order):
            self._record(order, held)
            self._recorded.add(name)
        self._under_way[name] = order.message
        decided = partial(self._decided, name)
        if order.act == "delete":
            self._spool.delete_held(order.message, decided)
        else:
            self._spool.release_held(order.message, self._clock() + self._lifetime, decided)

    def _is_recorded(self, name: str, order: Order) -> bool:
        if name in self._recorded:
            return True
        kind = _KINDS[order.act]
        return name in self._left and in_journal(self._journal_dir, order.message, kind, order.time)

    def _record(self, order: Order, held: tuple[str, ...]) -> None:
        record: Released | Deleted
        if order.act == "delete":
            record = Deleted(
                time=self._clock(),
                session=session_of(order.message),
                message=order.message,
                recipients=held,
                by=order.by,
                reason=order.reason,
            )
        else:
            record = Released(
                time=self._clock(),
                session=session_of(order.message),
                message=order.message,
                recipients=held,
                by=order.by,
            )
        self._journal.append(record)
        self._journal.flush()

    def _decided(self, name: str, decided: bool) -> None:
        self._under_way.pop(name, None)
        if decided:
            with suppress(OSError):  # then it is answered at the next look
                self._orders.answer(name, "done")
                self._recorded.discard(name)
