"""The running gateway as an administrator has it: started, told to reload, killed in part, stopped, started wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gatepost.gateway.settings import PID_FILE
from gatepost.gateway.supervisor import running_pid
from gatepost.journal.reader import records
from gatepost.journal.records import HeldBack, Noted
from gatepost.spool.embedded import open_reader
from tests.delivery.next_hop import NextHop, wait_until
from tests.peers.client import Client
from tests.peers.gateway import Gateway, environment, to_toml
from tests.peers.server import HOST, end_group, greets

FreePort = Callable[[], int]
CONTENT = b"Subject: One\r\n\r\nText.\r\n"


def gatepost(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a verb that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "gatepost", *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def is_one_sentence(done: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether all that was said is one line on stderr that click put "Error: " before."""
    return done.stdout == "" and re.fullmatch(r"Error: [^\n]+\n", done.stderr) is not None


@pytest.fixture
def gateway(free_port: FreePort) -> Iterator[Gateway]:
    """A gateway with two workers."""
    with Gateway(free_port(), settings={"workers": 2}) as running:
        yield running
        assert "Traceback" not in running.output.read_text()


def change(gateway: Gateway, old: str, new: str) -> None:
    """Edit the settings file and tell the gateway."""
    text = gateway.config.read_text()
    assert old in text
    gateway.config.write_text(text.replace(old, new))
    os.kill(gateway.pid, signal.SIGHUP)


def says(gateway: Gateway, words: str, seconds: float = 15) -> bool:
    """Wait until the log has some words."""
    return wait_until(lambda: words in gateway.output.read_text(), seconds)


def offered_size(port: int) -> str:
    """Ask for the SIZE that EHLO offers."""
    with socket.create_connection((HOST, port), 10) as connection:
        connection.sendall(b"EHLO client.test\r\nQUIT\r\n")
        said = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
    found = re.search(r"250-SIZE (\d+)", said)
    return found[1] if found else said


def test_without_any_settings_mail_from_loopback_is_taken_for_anyone_and_held(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "gatepost", "run"],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert wait_until(lambda: greets(2525) or running.poll() is not None)
        with Client(2525) as client:
            results = client.send("a@client.test", ("b@anywhere.test", "c@elsewhere.test"), CONTENT)
            client.close()
        assert [result.reply.code for result in results] == [250, 250]
        with socket.create_connection((HOST, 8025), 10) as page:
            page.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:8025\r\nConnection: close\r\n\r\n")
            assert b" 200 " in page.recv(100)
        journal = tmp_path / "gatepost-data/journal"
        assert wait_until(lambda: any(isinstance(record, HeldBack) for record in records(journal)))
        held = [record for record in records(journal) if isinstance(record, HeldBack)]
        assert held[0].recipients == ("b@anywhere.test", "c@elsewhere.test")
    finally:
        end_group(running, 20)
    said = (tmp_path / "log").read_text()
    assert "taking mail at 127.0.0.1:2525 (inbound)" in said
    assert "is HELD: no next_hop is named in the settings" in said
    assert "pages at http://127.0.0.1:8025/" in said
    assert "messages are not checked for viruses" in said
    assert "Traceback" not in said
    assert running.returncode == 0
    shards = (tmp_path / "gatepost-data/spool").glob("[0-9]*")
    assert sum(held_in(shard) for shard in shards) == 1


def held_in(shard: Path) -> int:
    reader = open_reader(shard)
    try:
        return reader.counts().held
    finally:
        reader.close()


def test_bad_new_settings_change_nothing_and_are_named(gateway: Gateway) -> None:
    workers = gateway.workers()
    change(gateway, "workers = 2", "workers = 2\nlisteners = []\nreception = {max_mesage_size = 70000}")
    assert says(gateway, "the new settings are bad, the old ones stay")
    assert says(gateway, "did you mean 'max_message_size'?")
    assert says(gateway, "did you mean 'listener'?")
    assert gateway.workers() == workers
    assert offered_size(gateway.port) == "52428800"


def test_what_needs_a_restart_is_named_and_nothing_changes(gateway: Gateway) -> None:
    workers = gateway.workers()
    change(gateway, "workers = 2", "workers = 3\nreception = {max_message_size = 70000}")
    assert says(gateway, "the old settings stay: a change of workers needs a restart")
    assert gateway.workers() == workers
    assert offered_size(gateway.port) == "52428800"


def test_good_new_settings_come_into_force_and_no_connection_is_refused_meanwhile(gateway: Gateway) -> None:
    greeted: list[bytes] = []
    failures: list[str] = []
    over = threading.Event()

    def connect() -> None:
        while not over.is_set():
            try:
                with socket.create_connection((HOST, gateway.port), 10) as connection:
                    connection.sendall(b"QUIT\r\n")
                    greeted.append(connection.recv(512))
            except OSError as error:
                failures.append(repr(error))

    threads = [threading.Thread(target=connect) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        before = gateway.workers()
        change(gateway, "workers = 2", "workers = 2\nreception = {max_message_size = 70000}")
        assert says(gateway, "new settings are in force")
        seen = len(greeted)
        assert wait_until(lambda: len(greeted) > seen + 20)
    finally:
        over.set()
        for thread in threads:
            thread.join(15)
    assert failures == []
    assert [words for words in greeted if not words.startswith(b"220 ")] == []
    after = gateway.workers()
    assert len(after) == 2
    assert not set(after) & set(before)
    assert {offered_size(gateway.port) for _ in range(8)} == {"70000"}


def test_naming_a_next_hop_releases_what_was_held(free_port: FreePort) -> None:
    with NextHop() as hop, Gateway(free_port(), settings={"domain": [{"name": "ours.test"}]}) as gateway:
        with Client(gateway.port) as client:
            client.send("a@client.test", ("b@ours.test",), CONTENT)
            client.close()
        assert wait_until(lambda: held_in(gateway.data_dir / "spool/0"))
        change(gateway, '{name = "ours.test"}', f'{{name = "ours.test", next_hop = ["{hop.address}"]}}')
        (taken,) = hop.wait_for(1)
        assert taken.recipients == ("b@ours.test",)
        assert "Traceback" not in gateway.output.read_text()


def test_a_killed_worker_is_started_again_and_it_is_said(gateway: Gateway) -> None:
    before = gateway.workers()
    os.kill(before[0], signal.SIGKILL)
    assert says(gateway, "worker 0 was killed by SIGKILL; starting it again")
    assert wait_until(lambda: len(gateway.workers()) == 2)
    assert before[1] in gateway.workers()
    assert all(greets(gateway.port) for _ in range(8))


def test_a_supervisor_that_dies_takes_its_workers_along(free_port: FreePort) -> None:
    with Gateway(free_port(), settings={"workers": 2}) as gateway:
        workers = gateway.workers()
        os.kill(gateway.pid, signal.SIGKILL)
        assert gateway.process is not None
        gateway.process.wait()
        assert wait_until(lambda: not any(is_alive(pid) for pid in workers))
        events = [r.event for r in records(gateway.data_dir / "journal") if isinstance(r, Noted)]
        assert events.count("worker-stopped") == 2


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_second_gateway_on_the_same_data_is_refused_in_one_sentence(
    gateway: Gateway, free_port: FreePort, tmp_path: Path
) -> None:
    second = tmp_path / "second.toml"
    listener = [{"address": f"{HOST}:{free_port()}"}]
    second.write_text(
        to_toml({"data_dir": str(gateway.data_dir), "listener": listener, "web": {"address": ""}})
    )
    done = gatepost("run", "-c", second, cwd=tmp_path)
    assert done.returncode == 1
    assert is_one_sentence(done)
    assert (
        f"is in use by a running gateway (process {gateway.pid}); stop it, or set a data_dir" in done.stderr
    )
    assert running_pid(gateway.data_dir) == gateway.pid
    assert greets(gateway.port)


def test_a_port_that_is_taken_is_said_in_one_sentence(gateway: Gateway, tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as other:
        taken = f"{HOST}:{other.getsockname()[1]}"
        for values in (
            {"listener": [{"address": taken}], "web": {"address": ""}},
            {"listener": [{"address": f"{HOST}:{gateway.port + 1}"}], "web": {"address": taken}},
        ):
            (tmp_path / "gatepost.toml").write_text(to_toml({"data_dir": "data", **values}))
            done = gatepost("run", cwd=tmp_path)
            assert done.returncode == 1
            assert is_one_sentence(done), done.stderr
            assert f"{taken}: Address already in use; stop what listens there" in done.stderr
            assert not (tmp_path / "data" / PID_FILE).exists()


def test_settings_that_cannot_be_used_are_named_with_all_their_faults(tmp_path: Path) -> None:
    (tmp_path / "gatepost.toml").write_text('hots = "a"\nworkers = "many"\n')
    done = gatepost("run", cwd=tmp_path)
    assert done.returncode == 2
    assert "hots is not a setting; did you mean 'host'?" in done.stderr
    assert "workers: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_data_directory_that_cannot_be_made_is_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "gatepost.toml").write_text('data_dir = "file/data"\n')
    done = gatepost("run", cwd=tmp_path)
    assert done.returncode == 1
    assert is_one_sentence(done)
    assert "cannot be used: Not a directory" in done.stderr


def test_the_process_id_of_a_gateway_that_was_killed_keeps_nobody_out(tmp_path: Path) -> None:
    assert running_pid(tmp_path) == 0
    for stale in ("", "junk\n", "999999999\n", f"{os.getpid()}\n", f"{os.getppid()}\n"):
        (tmp_path / PID_FILE).write_text(stale)
        assert running_pid(tmp_path) == 0, stale
