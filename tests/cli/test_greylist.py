"""`gatepost greylist` shows who waits and who is known, and lets someone pass while the gateway runs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatepost.checks.finding import Finding
from gatepost.checks.memory import Memory
from gatepost.cli.greylist import greylist
from gatepost.gateway.memory import EmbeddedMemory
from tests.checks.connection.ram import bad
from tests.checks.connection.test_greylist import check, facts


def with_memory(directory: Path, use: Callable[[Memory], Awaitable[object]]) -> object:
    async def run() -> object:
        memory = EmbeddedMemory(directory, time.time, asyncio.get_running_loop(), 1000)
        try:
            return await use(memory)
        finally:
            memory.close()

    return asyncio.run(run())


async def comes(memory: Memory, client: str = "192.0.2.7") -> list[Finding]:
    found = check(memory, time.time).look("rcpt", facts(bad(), client=client), None)  # type: ignore[arg-type]
    assert isinstance(found, Awaitable)
    return list(await found)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    with_memory(tmp_path, comes)
    return tmp_path


def run(data_dir: Path, *arguments: str) -> Result:
    return CliRunner().invoke(greylist, [*arguments, "--data-dir", str(data_dir)])


def test_the_list_says_who_waits_and_how_long(data_dir: Path) -> None:
    done = run(data_dir, "list")
    assert done.exit_code == 0
    assert "192.0.2.7" in done.output
    assert "<them@theirs.example> to <us@ours.example>: 1 try, may pass in " in done.output
    (row,) = json.loads(run(data_dir, "list", "--json").output)
    assert {
        "client",
        "sender",
        "recipient",
        "pool",
        "first",
        "tries",
        "seconds",
        "released",
        "expires",
    } == set(row)
    assert row["pool"] == "net=192.0.2.0/24 name=pool.example"


@pytest.mark.parametrize(
    ("what", "number"),
    [("192.0.2.0/24", 1), ("theirs.example", 1), ("198.51.100.1", 0), ("us@ours.example", 1)],
)
def test_the_list_can_be_narrowed(data_dir: Path, what: str, number: int) -> None:
    assert len(json.loads(run(data_dir, "list", what, "--json").output)) == number


def test_a_release_takes_effect_while_the_gateway_runs(data_dir: Path) -> None:
    async def use(memory: Memory) -> tuple[list[Finding], Result, list[Finding]]:
        before = await comes(memory)
        released = await asyncio.get_running_loop().run_in_executor(
            None, run, data_dir, "release", "192.0.2.7"
        )
        return before, released, await comes(memory)

    before, released, after = with_memory(data_dir, use)  # type: ignore[misc]
    assert [one.name for one in before] == ["greylist-early"]
    assert released.exit_code == 0
    assert "1 message passes at the next try" in released.output
    assert "192.0.2.7 need not wait, for 36 days" in released.output
    assert [one.result for one in after] == ["clean"]
    assert "client=192.0.2.7: released by a person" in run(data_dir, "list", "--known").output
    assert [row["who"] for row in json.loads(run(data_dir, "list", "--known", "--json").output)] == [
        "client=192.0.2.7"
    ]
    assert "passes at its next try" in run(data_dir, "list").output


def test_a_release_that_releases_nothing_is_status_1(data_dir: Path) -> None:
    done = run(data_dir, "release", "10.0.0.0/8", "--json")
    assert (done.exit_code, json.loads(done.output)) == (1, {"waiting": [], "known": []})


def test_what_names_nothing_is_wrong_usage(data_dir: Path) -> None:
    done = run(data_dir, "release", "nonsense")
    assert done.exit_code == 2
    assert "write one like 192.0.2.7" in done.output


def test_when_nothing_waits_it_says_so(data_dir: Path) -> None:
    assert run(data_dir, "list", "203.0.113.1").output == "Nothing waits.\n"
    assert run(data_dir, "list", "--known").output == "Nobody is known.\n"


def test_control_characters_do_not_reach_the_terminal(data_dir: Path) -> None:
    from gatepost.mail.path import Mailbox

    async def use(memory: Memory) -> None:
        odd = facts(bad(), sender=Mailbox("\x1b[31m@evil.example", "evil.example"))
        found = check(memory, time.time).look("rcpt", odd, None)  # type: ignore[arg-type]
        assert isinstance(found, Awaitable)
        await found

    with_memory(data_dir, use)
    assert "\x1b" not in run(data_dir, "list").output


def test_the_verb_teaches() -> None:
    help_ = CliRunner().invoke(greylist, ["--help"]).output
    assert "\n  gatepost greylist release example.org" in help_
