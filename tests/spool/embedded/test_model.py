"""The spool against a dictionary: whatever is done to both, they hold the same messages."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from gatepost.spool.interface import Again, Done, Hold, Leased, NewMessage, Recipient, Stored
from tests.spool.embedded.shard import Shard, message

recipients = st.lists(
    st.builds(Recipient, address=st.text(max_size=20), last_reply=st.text(max_size=20)), max_size=3
).map(tuple)


class SpoolAgainstModel(RuleBasedStateMachine):
    """Messages are leased, waiting or held; a crash or a close makes what was leased due now."""

    leased = Bundle("leased")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="spool-model-"))
        self.lives = 0
        self.shard = Shard(self.root / "0", memory=100_000, own_file_from=30_000, compact_below=0)
        self.next = 0
        self.contents: dict[str, bytes] = {}
        self.there: dict[str, NewMessage] = {}
        self.mine: set[str] = set()
        self.due: dict[str, float] = {}
        self.held: dict[str, str] = {}
        self.seen = 0

    def take_ready(self) -> list[str]:
        fresh: list[Leased] = self.shard.ready[self.seen :]
        self.seen = len(self.shard.ready)
        for one in fresh:
            assert one.message == self.there[one.message.id].message
            assert one.content in (None, self.contents[one.message.id])
            self.mine.add(one.message.id)
        return [one.message.id for one in fresh]

    def new(self, data: bytes, large: bool) -> NewMessage:
        self.next += 1
        m = message(self.next, len(data), facts=data[:30])
        self.contents[m.id] = b"head" + data
        if not large:
            return NewMessage(message=m, head=b"head", data=data)
        incoming = self.shard.spool.incoming(m.id)
        incoming.write(data)
        return NewMessage(message=m, head=b"head", incoming=incoming)

    @rule(
        target=leased,
        sizes=st.lists(st.tuples(st.integers(0, 60_000), st.booleans()), min_size=1, max_size=4),
    )
    def commit(self, sizes: list[tuple[int, bool]]) -> object:
        all_new = [self.new(bytes([self.next % 256]) * size, large) for size, large in sizes]
        self.there |= {new.message.id: new for new in all_new}
        assert self.shard.commit(*all_new) == [Stored()] * len(all_new)
        names = self.take_ready()
        for new in all_new:
            if new.message.id not in names:
                self.due[new.message.id] = self.shard.clock.now
        return multiple(*names)

    @rule(name=consumes(leased))
    def settle_done(self, name: str) -> None:
        if name in self.mine:
            self.mine.remove(name)
            assert self.shard.settle(name, Done()) == Stored()
            del self.there[name]

    @rule(target=leased, name=consumes(leased), size=st.integers(0, 3000))
    def settle_with_report(self, name: str, size: int) -> object:
        if name not in self.mine:
            return multiple()
        self.mine.remove(name)
        report = self.new(b"r" * size, large=False)
        self.there[report.message.id] = report
        assert self.shard.settle(name, Done(), report) == Stored()
        del self.there[name]
        names = self.take_ready()
        if not names:
            self.due[report.message.id] = self.shard.clock.now
        return multiple(*names)

    @rule(name=consumes(leased), delay=st.integers(0, 100), rest=recipients)
    def settle_again(self, name: str, delay: int, rest: tuple[Recipient, ...]) -> None:
        if name in self.mine:
            self.mine.remove(name)
            self.due[name] = self.shard.clock.now + delay
            assert self.shard.settle(name, Again(self.due[name], rest)) == Stored()
            self.change(name, rest, attempts=1)

    @rule(name=consumes(leased), reason=st.text("ab", max_size=3), rest=recipients)
    def settle_hold(self, name: str, reason: str, rest: tuple[Recipient, ...]) -> None:
        if name in self.mine:
            self.mine.remove(name)
            self.held[name] = reason
            assert self.shard.settle(name, Hold(reason, rest)) == Stored()
            self.change(name, rest, attempts=0)

    @rule(target=leased, limit=st.integers(1, 5), later=st.integers(0, 60))
    def lease(self, limit: int, later: int) -> object:
        self.shard.clock.now += later
        got = self.shard.lease(limit)
        now = self.shard.clock.now
        times = sorted(due for due in self.due.values() if due <= now)[:limit]
        assert [self.due[one.message.id] for one in got] == times
        for one in got:
            assert one.message == self.there[one.message.id].message
            del self.due[one.message.id]
            self.mine.add(one.message.id)
        return multiple(*(one.message.id for one in got))

    @rule(first=st.text("ab", max_size=1))
    def release(self, first: str) -> None:
        released = [name for name, reason in self.held.items() if reason.startswith(first)]
        assert self.shard.release(first) == len(released)
        for name in released:
            del self.held[name]
            self.due[name] = self.shard.clock.now

    @rule()
    def checkpoint(self) -> None:
        self.shard.checkpoint()

    @rule(crash=st.booleans())
    def reopen(self, crash: bool) -> None:
        if crash:  # what a crash now would leave: the files as they are
            self.shard.idle()
            self.lives += 1
            copy = self.root / str(self.lives)
            copy.mkdir()
            for path in self.shard.directory.iterdir():
                with suppress(FileNotFoundError):  # its message has ended, and it goes just now
                    shutil.copy(path, copy)
        self.shard.close()
        if crash:
            self.shard.directory = copy
        self.shard.open()
        self.seen = 0
        found = self.shard.spool.recovered
        assert found.corrupt == ()
        if crash:
            assert {m.id for m in found.interrupted} == self.mine
        for name in self.mine:
            self.due[name] = self.shard.clock.now
        self.mine.clear()
        assert (found.waiting, found.held) == (len(self.due), len(self.held))

    def change(self, name: str, rest: tuple[Recipient, ...], attempts: int) -> None:
        old = self.there[name].message
        fields = {field: getattr(old, field) for field in old.__struct_fields__}
        fields |= {"recipients": rest, "attempts": old.attempts + attempts}
        self.there[name] = NewMessage(message=type(old)(**fields), head=b"")

    @invariant()
    def the_next_due_time_is_known(self) -> None:
        assert self.shard.spool.next_due() == min(self.due.values(), default=None)

    @invariant()
    def what_is_leased_can_be_read_whole(self) -> None:
        for name in self.mine:
            assert self.shard.content(self.there[name].message) == self.contents[name]

    def teardown(self) -> None:
        self.shard.close()
        shutil.rmtree(self.root)


SpoolAgainstModel.TestCase.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestSpoolAgainstModel = SpoolAgainstModel.TestCase
