"""A worker asks inspectors, and what happens to an inspector happens to one question only."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from gatepost.checks.content.inspection_settings import InspectionSettings
from gatepost.checks.content.inspector import Failed, File, Inspected
from gatepost.checks.content.yara import Compiled, compiled
from gatepost.checks.content.yara_settings import YaraSettings
from gatepost.gateway.inspector import InspectorPool
from tests.checks.content.formats.archive_samples import (
    PE,
    by_libarchive,
    by_zipfile,
    locked_zip,
    overlapping_zip,
)

ELF = File("letter.pdf", b"\x7fELF" + bytes(60))
TEXT = File("a.txt", b"hello")


def children() -> set[int]:
    """Give the inspectors of this process."""
    return set(_children())


def _children() -> Iterator[int]:
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes()
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if b"inspector.process" in line and parent == os.getpid():
            yield int(entry.name)


def with_pool(
    use: Callable[[InspectorPool], Awaitable[None]], rules: Compiled | None = None, **settings: object
) -> None:
    async def run() -> None:
        pool = InspectorPool(InspectionSettings.model_validate(settings), rules)
        try:
            await use(pool)
        finally:
            pool.close()
        assert not children()

    asyncio.run(run())


def test_what_is_seen_comes_back_in_the_order_of_the_files() -> None:
    async def use(pool: InspectorPool) -> None:
        answer = await pool.inspect([ELF, TEXT, File("empty", b"")])
        assert isinstance(answer, Inspected)
        assert [items[0].kind for items in answer.files] == ["elf", "text", "empty"]
        assert {seen.trait for seen in answer.files[0][0].seen} == {"program", "disguised"}

    with_pool(use)


def test_no_files_and_large_files_are_answered_too() -> None:
    async def use(pool: InspectorPool) -> None:
        assert await pool.inspect([]) == Inspected(())
        answer = await pool.inspect([File("x", b"\x01" * 20_000_000), TEXT])
        assert isinstance(answer, Inspected)
        assert [items[0].size for items in answer.files] == [20_000_000, 5]
        many = await pool.inspect([File("n" * 300, b"x")] * 1000)
        assert isinstance(many, Inspected)
        assert len(many.files) == 1000

    with_pool(use)


def test_one_inspector_is_asked_again_and_more_are_started_when_it_is_busy() -> None:
    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        await pool.inspect([TEXT])
        [busy] = children()
        os.kill(busy, signal.SIGSTOP)
        waiting = asyncio.create_task(pool.inspect([TEXT]))
        await asyncio.sleep(0)
        assert isinstance(await pool.inspect([TEXT]), Inspected)
        assert len(children()) == 2
        os.kill(busy, signal.SIGCONT)
        assert isinstance(await waiting, Inspected)

    with_pool(use, processes=2)


def test_an_inspector_that_does_not_answer_is_killed_and_the_next_question_is_answered() -> None:
    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        [stuck] = children()
        os.kill(stuck, signal.SIGSTOP)
        waiting = asyncio.create_task(pool.inspect([ELF]))
        assert await waiting == Failed("looking into it took more than 1 s", by_content=True)
        assert stuck not in children()
        assert isinstance(await pool.inspect([TEXT]), Inspected)

    with_pool(use, processes=1, seconds=1)


def test_an_inspector_that_dies_over_a_question_is_told_as_such() -> None:
    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        [victim] = children()
        os.kill(victim, signal.SIGSTOP)
        waiting = asyncio.create_task(pool.inspect([ELF]))
        await asyncio.sleep(0)  # the question is on its way
        os.kill(victim, signal.SIGKILL)
        assert await waiting == Failed("the inspector was ended by SIGKILL", by_content=True)

    with_pool(use)


def test_an_inspector_that_died_before_is_not_blamed_on_the_message() -> None:
    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        [victim] = children()
        os.kill(victim, signal.SIGKILL)
        os.waitid(os.P_PID, victim, os.WEXITED | os.WNOWAIT)
        assert isinstance(await pool.inspect([TEXT]), Inspected)

    with_pool(use)


def test_who_waits_too_long_for_an_inspector_is_told_so() -> None:
    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        [busy] = children()
        os.kill(busy, signal.SIGSTOP)
        first = asyncio.create_task(pool.inspect([TEXT]))
        await asyncio.sleep(0)
        assert await pool.inspect([TEXT]) == Failed("no inspector was free within 0.1 s", by_content=False)
        os.kill(busy, signal.SIGCONT)
        assert isinstance(await first, Inspected)

    with_pool(use, processes=1, wait=0.1)


def test_a_bomb_is_told_as_one_within_the_limits_while_other_messages_are_answered() -> None:
    bombs = [
        File("overlapping.zip", overlapping_zip(250, 5_000_000)),
        File(
            "nested.zip", by_zipfile(*((f"{n}.zip", by_zipfile(("z", bytes(9_000_000)))) for n in range(60)))
        ),
        File("zeros.7z", by_libarchive("7zip", ("z", bytes(90_000_000)))),
    ]

    async def use(pool: InspectorPool) -> None:
        await pool.inspect([TEXT])
        for bomb in bombs:
            [busy] = children()
            os.kill(busy, signal.SIGSTOP)
            asked = asyncio.create_task(pool.inspect([bomb]))
            await asyncio.sleep(0)
            assert isinstance(await pool.inspect([File("a.zip", by_zipfile(("run.exe", PE)))]), Inspected)
            os.kill(busy, signal.SIGCONT)
            answer = await asked
            assert isinstance(answer, Inspected)
            assert "bomb" in {seen.trait for item in answer.files[0] for seen in item.seen}
            assert sum(item.size for item in answer.files[0][1:]) <= 268_435_456
            pool.close()
            await pool.inspect([TEXT])

    with_pool(use, processes=2)


def test_what_needs_libraries_is_opened_by_a_confined_inspector() -> None:
    name = "Счёт.exe"
    files = [File("a.7z", by_libarchive("7zip", (name, PE))), File("b.zip", locked_zip())]

    async def use(pool: InspectorPool) -> None:
        answer = await pool.inspect(files, ("geheim7",))
        assert isinstance(answer, Inspected)
        assert [item.where for items in answer.files for item in items] == [
            "a.7z",
            f"a.7z › {name}",
            "b.zip",
            "b.zip › invoice.exe",
        ]

    with_pool(use)


def yara(folder: Path, source: str, seconds: int = 1) -> Compiled:
    (folder / "coast.yar").write_text(source)
    made = compiled(YaraSettings(rules=(folder / "coast.yar",), seconds=seconds))
    assert isinstance(made, Compiled)
    return made


def test_rules_are_matched_against_each_file_those_within_and_the_message(tmp_path: Path) -> None:
    rules = yara(tmp_path, 'rule Lighthouse { strings: $a = "lighthouse" condition: $a }')
    match = "the YARA rule Lighthouse of coast matches"

    async def use(pool: InspectorPool) -> None:
        packed = File("a.zip", by_zipfile(("in.txt", b"the lighthouse" * 50), ("out.txt", b"no")))
        answer = await pool.inspect([packed, TEXT], (), b"Subject: lighthouse")
        assert isinstance(answer, Inspected)
        assert [seen.words for seen in answer.message] == [match]
        seen = {item.where: [each.words for each in item.seen] for file in answer.files for item in file}
        assert seen == {"a.zip": [], "a.zip › in.txt": [match], "a.zip › out.txt": [], "a.txt": []}
        without = await pool.inspect([TEXT])
        assert isinstance(without, Inspected)
        assert without.message == ()
        only = await pool.inspect([], (), b"lighthouse")
        assert isinstance(only, Inspected)
        assert [each.words for each in only.message] == [match]

    with_pool(use, rules, memory=268_435_456)


def test_an_inspector_with_rules_has_as_much_memory_for_files_as_one_without(tmp_path: Path) -> None:
    rules = yara(tmp_path, "rule Any { strings: $a = /b[a-z]{2,9}d/ condition: #a > 1000 }")

    async def use(pool: InspectorPool) -> None:
        answer = await pool.inspect([File("a.bin", b"bcdbbaad" * 4_000_000)] * 2)
        assert isinstance(answer, Inspected)
        assert len(answer.files[1][0].seen) == 1

    with_pool(use, rules, memory=268_435_456)


def test_a_rule_that_takes_too_long_leaves_one_file_unseen_and_the_inspector_alive(tmp_path: Path) -> None:
    rules = yara(
        tmp_path,
        "rule Slow { condition: filesize > 100 and for all i in (0..filesize) : "
        "(for all j in (0..100000000) : (j + i >= 0)) }",
    )

    async def use(pool: InspectorPool) -> None:
        answer = await pool.inspect([File("slow", b"x" * 500)])
        before = children()
        assert isinstance(answer, Inspected)
        assert [seen.trait for seen in answer.files[0][0].seen] == ["unseen"]
        assert isinstance(await pool.inspect([TEXT]), Inspected)
        assert children() == before

    with_pool(use, rules)
