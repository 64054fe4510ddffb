"""The running gateway looks into files: what is refused, and what happens when an inspector does not come back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.delivery.next_hop import wait_until
from tests.dialogues.given import shows
from tests.peers.client import Client
from tests.peers.gateway import Gateway

PLAIN = b"Subject: One\r\n\r\nText.\r\n"


def message(name: str, content: bytes) -> bytes:
    made = EmailMessage()
    made["From"] = "a@client.test"
    made["Subject"] = "A file"
    made.set_content("See the file.")
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes().replace(b"\n", b"\r\n")


def inspectors(gateway: Gateway) -> list[int]:
    """Give the inspectors of all workers."""
    found: list[int] = []
    for worker in gateway.workers():
        for task in Path(f"/proc/{worker}/task").iterdir():
            children = (task / "children").read_text().split()
            found += [
                int(pid) for pid in children if b"inspector" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
    return found


def send(client: Client, content: bytes) -> str:
    [result] = client.send("a@client.test", ("b@ours.test",), content)
    return f"{result.reply.code} {result.reply.text}"


def trace(gateway: Gateway, reply: str) -> str:
    ref = reply.rpartition(" ")[2].rstrip(")")
    command = [sys.executable, "-m", "gatepost", "trace", ref, "-c", str(gateway.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return " ".join(done.stdout.split())


@pytest.fixture(scope="module")
def gateway(free_port: Callable[[], int]) -> Iterator[Gateway]:
    inspection = {"seconds": 1, "processes": 1, "poison": 3}
    with Gateway(free_port(), settings={"checks": {"inspection": inspection}}) as gateway:
        yield gateway


def test_a_file_is_refused_for_what_it_is_and_the_trace_tells_the_way_to_it(gateway: Gateway) -> None:
    page = b"<html><a download=a.zip href='data:application/octet-stream;base64,f0VMRgIBAQA='>open</a></html>"
    with Client(gateway.port) as client:
        reply = send(client, message("page.html", page))
    assert reply.startswith(
        "554 Message refused: page.html: a link that saves a part of the page as 'a.zip' (file-refused"
    )
    told = trace(gateway, reply)
    assert "page.html › data-0 (elf, 8 octets): a program (elf)" in told


def test_a_harmless_file_goes_on(gateway: Gateway) -> None:
    with Client(gateway.port) as client:
        reply = send(client, message("notes.txt", b"Dear all\n"))
    assert reply.startswith("250")
    assert "looked into 1 file" in trace(gateway, reply)


def stuck(gateway: Gateway, client: Client, other: Client, content: bytes) -> str:
    """Send a content whose inspector does not come back; meanwhile other mail passes."""
    assert send(other, message("good.bin", b"\x01good")).startswith("250")
    [victim] = inspectors(gateway)
    os.kill(victim, signal.SIGSTOP)
    reply = send(client, content)
    assert send(other, PLAIN).startswith("250")
    wait_until(lambda: not Path(f"/proc/{victim}").exists())
    return reply


@shows("inspection-unavailable")
def test_a_message_that_stops_inspectors_is_put_off_and_in_the_end_held_while_other_mail_passes(
    gateway: Gateway,
) -> None:
    bad = message("bad.bin", b"\x01bad")
    with Client(gateway.port) as client, Client(gateway.port) as other:
        replies = [stuck(gateway, client, other, bad) for _ in range(3)]
    assert [reply[:3] for reply in replies] == ["451", "451", "250"]
    assert "could not be looked into; try again later (inspection-unavailable" in replies[0]
    assert "took more than 1 s" in trace(gateway, replies[0])
    assert "inspectors failed on this content 3 times" in trace(gateway, replies[2])
    command = [sys.executable, "-m", "gatepost", "quarantine", "list", "--json", "-c", str(gateway.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "poison-message" in done.stdout


@shows("message-poison")
def test_where_the_settings_want_it_such_a_message_is_refused(free_port: Callable[[], int]) -> None:
    settings = {
        "checks": {"inspection": {"seconds": 1, "processes": 1, "poison": 1}},
        "policy": {"findings": {"poison-message": "reject"}},
    }
    with (
        Gateway(free_port(), settings=settings) as gateway,
        Client(gateway.port) as client,
        Client(gateway.port) as other,
    ):
        reply = stuck(gateway, client, other, message("bad.bin", b"\x01bad"))
    assert reply.startswith("554 Message refused: its files cannot be looked into (message-poison")


def test_scan_sees_what_the_gateway_sees(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "m.eml"
    file.write_bytes(message("setup.txt", b"\x7fELF" + bytes(60)))
    command = [sys.executable, "-m", "gatepost", "scan", str(file), "--json", "-c", str(gateway.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["reply"]["entry"] == "file-refused"
    assert {"file-program", "file-disguised"} <= {finding.get("name") for finding in told["findings"]}
    [file] = told["parts"][2]["files"]
    assert (told["parts"][2]["names"], file["path"], file["kind"]) == (["setup.txt"], ["setup.txt"], "elf")
