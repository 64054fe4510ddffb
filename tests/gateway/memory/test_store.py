"""The memory answers from one file for many processes, never blocks the loop, and a failure of it is a value."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from gatepost.checks.memory import Memory, Raw, Unavailable
from gatepost.gateway.memory import store as store_module
from gatepost.gateway.memory.file import FILE, MemoryFile
from gatepost.gateway.memory.store import FRESH, EmbeddedMemory

T = TypeVar("T")
NOW = 1_800_000_000.0
FOREVER = NOW * 2


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def within(
    directory: Path, use: Callable[[EmbeddedMemory], Awaitable[T]], clock: Callable[[], float] | None = None
) -> T:
    """Open the memory for the time of a coroutine, and close it."""

    async def run() -> T:
        memory = EmbeddedMemory(directory, clock or Clock(), asyncio.get_running_loop(), 1000)
        try:
            return await use(memory)
        finally:
            memory.close()

    return asyncio.run(run())


def to(value: bytes, expires: float = FOREVER) -> Callable[[Raw | None], Raw]:
    return lambda old: Raw(value, expires)


def one_more(old: Raw | None) -> Raw:
    return Raw(str(int(old.value if old else b"0") + 1).encode(), FOREVER)


def test_what_is_changed_is_there_for_the_next_process(tmp_path: Path) -> None:
    async def change(memory: Memory) -> object:
        return await memory.change("s", ("a", "b"), to(b"x"))

    async def get(memory: Memory) -> object:
        return await memory.get("s", ("b", "none", "a"))

    assert within(tmp_path, change) == (Raw(b"x", FOREVER),) * 2
    assert within(tmp_path, get) == (Raw(b"x", FOREVER), None, Raw(b"x", FOREVER))


def test_what_stays_as_it_was_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[object] = []
    write = MemoryFile.write

    def noted(file: MemoryFile, records: Mapping[tuple[str, str], Raw | None]) -> None:
        written.extend([(space, key) for space, key in records if space])
        write(file, records)

    monkeypatch.setattr(MemoryFile, "write", noted)

    async def use(memory: Memory) -> object:
        await memory.change("s", ("a", "b"), lambda old: old or Raw(b"x", FOREVER))
        await memory.change("s", ("a", "b"), lambda old: Raw(b"x", FOREVER))
        await memory.change("s", ("none",), lambda old: None)
        return await memory.get("s", ("a", "b"))

    assert within(tmp_path, use) == (Raw(b"x", FOREVER),) * 2
    assert written == [("s", "a"), ("s", "b")]


def test_a_step_that_gives_nothing_removes_the_record(tmp_path: Path) -> None:
    async def use(memory: Memory) -> object:
        await memory.change("s", ("a",), to(b"x"))
        await memory.change("s", ("a",), lambda old: None)
        return await memory.get("s", ("a",))

    assert within(tmp_path, use) == (None,)


def test_spaces_do_not_see_each_other(tmp_path: Path) -> None:
    async def use(memory: Memory) -> object:
        await memory.change("one", ("a",), to(b"x"))
        return await memory.get("two", ("a",))

    assert within(tmp_path, use) == (None,)


def test_a_record_ends_when_it_expires_and_a_change_then_begins_anew(tmp_path: Path) -> None:
    clock = Clock()

    async def use(memory: Memory) -> object:
        await memory.change("s", ("a",), to(b"x", NOW + 10))
        before = memory.fresh("s", ("a",)), await memory.get("s", ("a",))
        clock.now = NOW + 10
        seen: list[Raw | None] = []
        after = memory.fresh("s", ("a",)), await memory.get("s", ("a",))
        await memory.change("s", ("a",), lambda old: seen.append(old) or to(b"y")(old))  # type: ignore[func-returns-value]
        return before, after, seen

    there = (Raw(b"x", NOW + 10),)
    assert within(tmp_path, use, clock) == ((there, there), (None, (None,)), [None])


def test_changes_of_one_record_build_on_each_other_in_and_across_batches(tmp_path: Path) -> None:
    async def use(memory: Memory) -> object:
        await asyncio.gather(*(memory.change("s", ("n", str(k)), one_more) for k in range(50)))
        for _ in range(5):
            await memory.change("s", ("n",), one_more)
        return await memory.get("s", ("n", "7"))

    assert within(tmp_path, use) == (Raw(b"55", FOREVER), Raw(b"1", FOREVER))


def test_a_note_is_written_in_a_moment_and_at_the_latest_when_the_memory_closes(tmp_path: Path) -> None:
    async def note(memory: Memory) -> None:
        for _ in range(20):
            memory.note("s", ("n",), one_more)

    async def note_and_look(memory: Memory) -> object:
        memory.note("s", ("n",), one_more)
        return await memory.change("s", ("n",), one_more)  # a note rides with what is waited for

    within(tmp_path, note)
    assert within(tmp_path, note_and_look) in ((Raw(b"21", FOREVER),), (Raw(b"22", FOREVER),))
    assert within(tmp_path, lambda memory: memory.get("s", ("n",))) == (Raw(b"22", FOREVER),)


def test_what_was_seen_is_fresh_for_some_seconds_and_no_longer(tmp_path: Path) -> None:
    clock = Clock()

    async def use(memory: Memory) -> list[bool]:
        fresh = [memory.fresh("s", ("a", "b")) is not None]
        await memory.change("s", ("a",), to(b"x"))
        fresh.append(memory.fresh("s", ("a", "b")) is not None)
        await memory.get("s", ("b",))
        fresh.append(memory.fresh("s", ("a", "b")) == (Raw(b"x", FOREVER), None))
        clock.now += FRESH
        fresh.append(memory.fresh("s", ("a",)) is not None)
        await memory.get("s", ("a",))
        clock.now -= 2 * FRESH  # the clock is set back
        fresh.append(memory.fresh("s", ("a",)) is not None)
        return fresh

    assert within(tmp_path, use, clock) == [False, False, True, False, False]


def test_what_is_kept_fresh_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "FRESH_RECORDS", 10)

    async def use(memory: EmbeddedMemory) -> list[bool]:
        await memory.get("s", [str(k) for k in range(25)])
        return [memory.fresh("s", (str(k),)) is not None for k in (0, 14, 15, 24)]

    assert within(tmp_path, use) == [False, False, True, True]


def test_records_are_listed_by_prefix_in_order_and_in_parts(tmp_path: Path) -> None:
    async def use(memory: Memory) -> object:
        await memory.change("s", ("a%", "aB", "a_2", "a_1", "b", "A"), to(b"x"))
        await memory.change("s", ("a_3",), to(b"x", NOW - 1))
        first = await memory.listed("s", "a", limit=2)
        assert not isinstance(first, Unavailable)
        rest = await memory.listed("s", "a", after=first[-1][0])
        under = await memory.listed("s", "a_")
        assert not isinstance(rest, Unavailable)
        assert not isinstance(under, Unavailable)
        return [[key for key, _ in part] for part in (first, rest, under)]

    assert within(tmp_path, use) == [["a%", "aB"], ["a_1", "a_2"], ["a_1", "a_2"]]


def test_a_step_that_fails_costs_the_others_nothing(tmp_path: Path) -> None:
    def bad(old: Raw | None) -> Raw:
        raise ZeroDivisionError("by zero")

    async def use(memory: Memory) -> tuple[object, ...]:
        return tuple(
            await asyncio.gather(
                memory.change("s", ("a",), one_more),
                memory.change("s", ("a",), bad),
                memory.change("s", ("a",), one_more),
            )
        )

    first, failed, last = within(tmp_path, use)
    assert (first, last) == ((Raw(b"1", FOREVER),), (Raw(b"2", FOREVER),))
    assert failed == Unavailable("the change failed: ZeroDivisionError: by zero")


def test_one_who_stops_waiting_disturbs_nobody(tmp_path: Path) -> None:
    async def use(memory: Memory) -> object:
        loop = asyncio.get_running_loop()
        left = loop.create_task(memory.change("s", ("a",), one_more))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        left.cancel()
        return await memory.change("s", ("a",), one_more)

    assert within(tmp_path, use) == (Raw(b"2", FOREVER),)


# -- when it fails ------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_a_value_and_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(memory: Memory) -> tuple[object, ...]:
        memory.note("s", ("a",), one_more)
        return (
            await memory.get("s", ("a",)),
            await memory.change("s", ("a",), one_more),
            await memory.listed("s"),
            memory.fresh("s", ("a",)),
        )

    got, changed, listed, fresh = within(tmp_path / "none", use)
    assert isinstance(got, Unavailable)
    assert "none" in got.reason
    assert isinstance(changed, Unavailable)
    assert isinstance(listed, Unavailable)
    assert fresh is None
    assert [record.message for record in caplog.records if "cannot be used" in record.message] == [
        f"the memory {tmp_path / 'none' / FILE} cannot be used, mail goes on without it: {got.reason}"
    ]


def test_it_works_again_when_the_fault_is_mended(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()

    async def use(memory: Memory) -> tuple[object, ...]:
        first = await memory.change("s", ("a",), one_more)
        (tmp_path / "later").mkdir()
        resting = await memory.change("s", ("a",), one_more)
        clock.now += store_module.REST
        return first, resting, await memory.change("s", ("a",), one_more)

    first, resting, last = within(tmp_path / "later", use, clock)
    assert isinstance(first, Unavailable)
    assert first == resting
    assert last == (Raw(b"1", FOREVER),)
    assert "can be used again" in caplog.text


def test_a_closed_memory_says_so(tmp_path: Path) -> None:
    async def use(memory: EmbeddedMemory) -> object:
        memory.close()
        memory.close()
        memory.note("s", ("a",), one_more)
        return await memory.get("s", ("a",))

    assert within(tmp_path, use) == Unavailable("the memory is closed")


def test_a_disk_that_hangs_lets_mail_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "PATIENCE", 0.05)
    monkeypatch.setattr(store_module, "MOST_WAITING", 3)

    async def use(memory: EmbeddedMemory) -> list[object]:
        await memory.change("s", ("a",), one_more)
        other = apsw.Connection(str(tmp_path / FILE))
        other.set_busy_timeout(5000)  # the memory may be tidying up just now
        other.execute("BEGIN EXCLUSIVE")  # holds the file as a disk that hangs would
        late = await asyncio.gather(*(memory.change("s", ("a",), one_more) for _ in range(3)))
        refused = await memory.change("s", ("a",), one_more)
        other.execute("ROLLBACK")
        other.close()
        return [*late, refused]

    *late, refused = within(tmp_path, use)
    assert late == [Unavailable(f"{tmp_path / FILE} gave no answer in 0.05 s")] * 3
    assert refused == Unavailable(f"3 requests wait for {tmp_path / FILE}")


def test_while_another_process_writes_long_reads_go_on_and_changes_say_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gatepost.gateway.memory.file.BUSY_TRIES", 5)

    async def use(memory: EmbeddedMemory) -> tuple[object, ...]:
        await memory.change("s", ("a",), one_more)
        other = apsw.Connection(str(tmp_path / FILE))
        other.set_busy_timeout(5000)  # the memory may be tidying up just now
        other.execute("BEGIN IMMEDIATE")
        both = await asyncio.gather(memory.change("s", ("a",), one_more), memory.get("s", ("a",)))
        other.execute("ROLLBACK")
        other.close()
        return (*both, await memory.change("s", ("a",), one_more))

    busy, read, after = within(tmp_path, use)
    assert isinstance(busy, Unavailable)
    assert "locked" in busy.reason
    assert (read, after) == ((Raw(b"1", FOREVER),), (Raw(b"2", FOREVER),))


def test_damage_while_it_runs_costs_what_was_remembered_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def use(memory: EmbeddedMemory) -> tuple[object, ...]:
        await memory.change("s", [str(k) for k in range(900)], to(b"v" * 400))
        connection = apsw.Connection(str(tmp_path / FILE))
        connection.set_busy_timeout(5000)  # the memory may be tidying up just now
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        with (tmp_path / FILE).open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(400_000))
        got = await memory.get("s", ("17", "123", "899"))
        return got, await memory.change("s", ("a",), one_more), await memory.get("s", ("17", "a"))

    got, changed, after = within(tmp_path, use)
    assert got in (
        (None, None, None),
        (Raw(b"v" * 400, FOREVER),) * 3,
    )  # it may have been in SQLite's own memory
    assert changed == (Raw(b"1", FOREVER),)
    assert after == (None, Raw(b"1", FOREVER))
    assert caplog.text.count("is damaged") == 1
    assert len([path for path in tmp_path.glob("*.damaged-*") if path.name[-1].isdigit()]) == 1


CHILD = textwrap.dedent(
    """
    import asyncio, os, sys
    from pathlib import Path
    from gatepost.checks.memory import Raw, Unavailable
    from gatepost.gateway.memory.store import EmbeddedMemory

    FOREVER = 3.6e9

    def one_more(old):
        return Raw(str(int(old.value if old else b"0") + 1).encode(), FOREVER)

    async def main():
        memory = EmbeddedMemory(Path(sys.argv[1]), lambda: 1.8e9, asyncio.get_running_loop(), 1000)
        {body}
        memory.close()

    asyncio.run(main())
    """
)


def child(directory: Path, body: str, *args: str, **more: object) -> subprocess.Popen[str]:
    text = CHILD.replace("{body}", textwrap.indent(textwrap.dedent(body), "    ").strip())
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-c", text, str(directory), *args], stdout=subprocess.PIPE, text=True, **more
    )


def test_two_processes_that_write_at_once_lose_no_change(tmp_path: Path) -> None:
    body = """
    for _ in range(150):
        got = await asyncio.gather(*(memory.change("s", ("n", str(k)), one_more) for k in range(4)))
        assert not any(isinstance(one, Unavailable) for one in got), got
    """
    children = [child(tmp_path, body) for _ in range(2)]
    assert [process.wait(60) for process in children] == [0, 0]
    for process in children:
        process.communicate()
    found = within(tmp_path, lambda memory: memory.get("s", ("n", "0", "3")))
    assert found == (Raw(b"1200", FOREVER), Raw(b"300", FOREVER), Raw(b"300", FOREVER))


def test_a_writer_that_is_killed_leaves_a_good_file_with_all_it_was_told_is_written(tmp_path: Path) -> None:
    body = """
    while True:
        got = await memory.change("s", ("n", *map(str, range(30))), one_more)
        os.write(1, got[0].value + b"\\n")
    """
    told = 0
    for least in (1, 40, 200):
        process = child(tmp_path, body)
        assert process.stdout is not None
        before = told
        while told < before + least:
            told = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        for line in process.stdout:
            told = int(line)
        process.wait(20)
        process.stdout.close()
        found = within(tmp_path, lambda memory: memory.get("s", ("n", "0", "29")))
        assert not isinstance(found, Unavailable)
        counts = {int(raw.value) for raw in found if raw is not None}
        assert counts <= {told, told + 1}  # the last one may have been written and not told
        assert len(counts) == 1  # a transaction is whole or nothing
        told = counts.pop()
        connection = apsw.Connection(str(tmp_path / FILE))
        connection.set_busy_timeout(5000)  # the memory may be tidying up just now
        assert connection.execute("PRAGMA integrity_check").get == "ok"
        connection.close()
    assert not list(tmp_path.glob("*.damaged*"))


def test_a_full_disk_refuses_changes_and_still_answers(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the write fails in the same place."""
    body = """
    await memory.change("s", ("a",), one_more)
    full = await memory.change("s", [str(k) for k in range(500)], lambda old: Raw(b"x" * 4000, FOREVER))
    print(type(full).__name__)
    print((await memory.get("s", ("a", "7")))[0].value.decode())
    """
    limit = 600_000
    process = child(
        tmp_path, body, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    )
    said, _ = process.communicate(timeout=60)
    assert (said.split(), process.returncode) == (["Unavailable", "1"], 0)
    assert within(tmp_path, lambda memory: memory.get("s", ("a", "7"))) == (Raw(b"1", FOREVER), None)
    assert not list(tmp_path.glob("*.damaged*"))


def test_a_file_that_may_only_be_read_refuses_changes_and_still_answers() -> None:
    body = """
    if os.geteuid() == 0:
        os.seteuid(65534)
    print(type(await memory.change("s", ("a",), one_more)).__name__)
    print((await memory.get("s", ("a",)))[0].value.decode())
    """
    with tempfile.TemporaryDirectory() as name:  # one that another user may enter
        directory = Path(name)
        within(directory, lambda memory: memory.change("s", ("a",), one_more))
        for path in directory.iterdir():
            path.chmod(0o444 if path.suffix != ".lock" else 0o666)
        directory.chmod(0o555)
        said, _ = child(directory, body).communicate(timeout=60)
        directory.chmod(0o755)
    assert said.split() == ["Unavailable", "1"]
