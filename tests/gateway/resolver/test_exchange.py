"""Whatever a name server does, a question is settled once: with its answer, or with words for why there is none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator

import pytest

from gatepost.gateway.resolver.exchange import QUESTIONS_PER_SOCKET, spoken
from gatepost.gateway.resolver.resolver import DnsResolver
from gatepost.mail.dns import Answer, Kind, Status
from tests.gateway.resolver.asking import LOOPS, ask, with_resolver
from tests.peers.bad_nameserver import BIG, HUGE, BadNameserver

ANSWER = ("192.0.2.1",)
QUICK = {"timeout": 0.3, "tries": 2}


@pytest.fixture(scope="module")
def bad(free_port: Callable[[], int]) -> Iterator[BadNameserver]:
    with BadNameserver(free_port()) as server:
        yield server


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("way", ["good", "other", "guess", "formerr", "chain-5", "tcp"])
def test_an_answer_comes_through(bad: BadNameserver, way: str, loop: str) -> None:
    answer = ask(bad.address, f"{way}.{loop}.test", loop=loop)
    assert (answer.status, answer.records, answer.ttl) == (Status.FOUND, ANSWER, 300)


@pytest.mark.parametrize(
    ("way", "reason"),
    [
        ("servfail", "SERVFAIL from {}"),
        ("refused", "REFUSED from {}"),
        ("notimp", "NOTIMP from {}"),
        ("yxdomain", "RCODE 6 from {}"),
        ("nothing", "no answer within 0.6 s from {}"),
        ("garbage", "no answer within 0.6 s from {}"),
        ("lame", "{} answers only where else to ask, so it is no resolver or a lame one"),
        ("loop", "the answer from {} makes no sense: 16 aliases (CNAME) or a loop of them"),
        ("chain-30", "the answer from {} makes no sense: 16 aliases (CNAME) or a loop of them"),
        ("cut", "the answer from {} makes no sense: it ends too early"),
        ("notcp", "the answer from {} is too long for UDP, and by TCP the connection was closed"),
        ("halftcp", "the answer from {} makes no sense: a record is longer than the message"),
        ("slowtcp", "the answer from {} is too long for UDP, and by TCP no answer within 0.3 s"),
        ("truncatedtcp", "the answer from {} is too long for UDP, and by TCP it is cut off again"),
    ],
)
def test_a_failure_says_what_happened_and_who_did_it(bad: BadNameserver, way: str, reason: str) -> None:
    answer = ask(bad.address, f"{way}.fails.test", **QUICK)
    assert (answer.status, answer.records) == (Status.FAILED, ())
    assert answer.reason == reason.format(bad.address)


@pytest.mark.parametrize("way", ["nosoa", "absent"])
def test_a_name_that_does_not_exist_is_absent(bad: BadNameserver, way: str) -> None:
    assert ask(bad.address, f"{way}.test").status is Status.ABSENT


def test_a_stray_record_is_no_answer(bad: BadNameserver) -> None:
    assert ask(bad.address, "stray.test").status is Status.EMPTY


def test_a_large_answer_comes_by_tcp(bad: BadNameserver) -> None:
    assert len(ask(bad.address, "big.test").records) == BIG
    assert ask(bad.address, "huge.test", "TXT").records == ("x" * 250 * HUGE,)
    assert bad.by_tcp["huge.test"] == 1


def test_a_slow_answer_is_waited_for_and_is_good_after_the_second_try_too(bad: BadNameserver) -> None:
    # The answer to the first try comes when the second is on its way.
    assert ask(bad.address, "slow-400.test", **QUICK).records == ANSWER
    assert bad.asked["slow-400.test"] == 2


def test_a_name_server_has_learned_nothing_from_quick_answers(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> Answer:
        for number in range(20):
            assert (await resolver.ask(f"good-{number}.quick.test", "A")).found
        return await resolver.ask("slow-700.quick.test", "A")

    assert with_resolver(bad.address, use, timeout=2, tries=1).records == ANSWER


def test_the_next_name_server_is_asked_when_one_fails(
    bad: BadNameserver, free_port: Callable[[], int]
) -> None:
    with BadNameserver(free_port()) as good:
        silent = f"127.0.0.1:{free_port()}"
        for way in ("servfail", "refused", "lame"):
            # Both are bad at this name, and both were asked.
            answer = ask((bad.address, good.address), f"{way}.second.test", **QUICK)
            assert answer.reason.endswith(f"from {good.address}") or good.address in answer.reason
            assert good.asked[f"{way}.second.test"] == bad.asked[f"{way}.second.test"] == 1
        assert ask((silent, good.address), "good.second.test", **QUICK).records == ANSWER


def test_the_name_server_that_answers_is_asked_first_from_then_on(
    bad: BadNameserver, free_port: Callable[[], int]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))

        async def use(resolver: DnsResolver) -> tuple[bool, float]:
            first = await resolver.ask("good-1.first.test", "A")
            began = asyncio.get_running_loop().time()
            second = await resolver.ask("good-2.first.test", "A")
            return first.found and second.found, asyncio.get_running_loop().time() - began

        silent_address = f"127.0.0.1:{silent.getsockname()[1]}"
        found, _ = with_resolver((silent_address, bad.address), use, timeout=0.3, tries=2)
        assert found
        silent.setblocking(False)
        assert silent.recv(512)
        with pytest.raises(BlockingIOError):
            silent.recv(512)


def test_a_name_server_that_is_not_there_fails_at_once(free_port: Callable[[], int]) -> None:
    address = f"127.0.0.1:{free_port()}"
    answer = ask(address, "a.test", timeout=30)
    assert answer.reason == f"{address} cannot be reached: Connection refused"


def test_sockets_are_not_used_for_long(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> list[Answer]:
        asked = [resolver.ask(f"good-{number}.many.test", "A") for number in range(QUESTIONS_PER_SOCKET * 3)]
        return await asyncio.gather(*asked)

    assert all(answer.records == ANSWER for answer in with_resolver(bad.address, use))


def test_closing_answers_whoever_waits(bad: BadNameserver) -> None:
    async def use(resolver: DnsResolver) -> list[Answer]:
        kinds: tuple[tuple[str, Kind], ...] = (("nothing.close.test", "A"), ("slowtcp.close.test", "A"))
        waiting = [asyncio.ensure_future(resolver.ask(*question)) for question in kinds]
        while not bad.by_tcp["slowtcp.close.test"]:
            await asyncio.sleep(0.01)  # another thread will write there: there is nothing to wait on
        resolver.close()
        return await asyncio.gather(*waiting)

    for answer in with_resolver(bad.address, use, timeout=5):
        assert answer.reason == "the resolver is being closed"


def test_a_server_is_written_as_people_do() -> None:
    assert spoken(("127.0.0.1", 53)) == "127.0.0.1"
    assert spoken(("127.0.0.1", 54)) == "127.0.0.1:54"
    assert spoken(("::1", 54)) == "[::1]:54"
