"""A bound on what one message may cost in DNS: so many questions, so much time, and then nobody knows.

Wrapped around the resolver for each session or message by whoever starts its checks. A hostile message can name any
number of domains; the limits of SPF (RFC 7208 §4.6.4) bound only SPF.
"""

from __future__ import annotations

from collections.abc import Callable

from gatepost.mail.dns import Answer, Kind, Resolver, Status


class Budgeted:
    """A Resolver that asks `resolver` at most `questions` times and for `seconds` from now on.

    Further answers are FAILED, with a reason. `monotonic` gives seconds that only grow. A question that is on its
    way when the time is up keeps the patience of the resolver.
    """

    __slots__ = ("_end", "_left", "_monotonic", "_questions", "_resolver", "_seconds")

    def __init__(
        self, resolver: Resolver, questions: int, seconds: float, monotonic: Callable[[], float]
    ) -> None:
        self._resolver = resolver
        self._questions = self._left = questions
        self._seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    @property
    def asked(self) -> int:
        """How many questions were put, remembered answers among them."""
        return self._questions - self._left

    async def ask(self, name: str, kind: Kind) -> Answer:
        """Give the answer about a name, as `Resolver.ask` does."""
        if self._left <= 0:
            return self._refused(name, kind, f"the budget of {self._questions} questions is used up")
        if self._monotonic() >= self._end:
            return self._refused(name, kind, f"the budget of {self._seconds:g} s for questions is used up")
        self._left -= 1
        return await self._resolver.ask(name, kind)

    def _refused(self, name: str, kind: Kind, reason: str) -> Answer:
        return Answer(name.lower().removesuffix("."), kind, Status.FAILED, reason=reason)
