"""What a dialogue as text cannot say: several connections, TLS, a gateway that is stopping, or a disk that fails.

Each test names the entries of the catalogue that it gets from the running gateway (`shows`); with those of the
text dialogues they must be all that the source can give.
"""

from __future__ import annotations

import base64
import json
import resource
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self

import pytest
import trustme

from gatepost.journal.reader import records
from gatepost.journal.records import Reception
from gatepost.spool.embedded import open_reader
from tests.delivery.next_hop import wait_until
from tests.dialogues.given import shows
from tests.dialogues.script import ID
from tests.peers.clamd import EICAR, EICAR_NAME, clamd_running
from tests.peers.client import Client
from tests.peers.gateway import Gateway, environment

FreePort = Callable[[], int]
CONTENT = b"Subject: One\r\n\r\nText.\r\n"


class Caller:
    """A client that reads a reply at a time and not an octet more, so that TLS can begin at any of them."""

    def __init__(self, port: int, client: str = "127.0.0.1") -> None:
        self.socket: socket.socket = socket.create_connection(
            ("127.0.0.1", port), 20, source_address=(client, 0)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.socket.close()

    def say(self, *lines: str) -> str:
        """Send lines, and give the reply to the first."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())
        return self.reply()

    def reply(self) -> str:
        """Give one reply, its lines parted by line feeds, ids as in dialogues; "" when the connection is closed."""
        lines: list[str] = []
        while not lines or lines[-1][3:4] == "-":
            line = b""
            while not line.endswith(b"\r\n"):
                octet = self.socket.recv(1)
                if not octet:
                    return ""
                line += octet
            lines.append(line[:-2].decode())
        return ID.sub("ID", "\n".join(lines))

    def secure(self, authority: trustme.CA, name: str = "gateway.test") -> None:
        """Upgrade to TLS, and check who is there."""
        context = ssl.create_default_context()
        authority.configure_trust(context)
        self.socket = context.wrap_socket(self.socket, server_hostname=name)

    def begin(self, recipient: str = "b@ours.test") -> None:
        """Open a transaction, up to the content."""
        assert self.say("EHLO client.test").startswith("250-")
        assert self.say("MAIL FROM:<a@client.test>").startswith("250 ")
        assert self.say(f"RCPT TO:<{recipient}>").startswith("250 ")
        assert self.say("DATA").startswith("354 ")


@contextmanager
def calling(gateway: Gateway, client: str = "127.0.0.1") -> Iterator[Caller]:
    """Connect until we are greeted: what asked before us whether the gateway is there may still be counted."""
    greeted: list[Caller] = []

    def try_once() -> bool:
        caller = Caller(gateway.port, client)
        if caller.reply().startswith("220 "):
            greeted.append(caller)
            return True
        caller.socket.close()
        return False

    assert wait_until(try_once, 10)
    with greeted[0] as caller:
        yield caller


@shows("connections-all")
def test_one_connection_too_many_is_told_to_come_later(free_port: FreePort) -> None:
    settings = {"reception": {"max_connections": 1}}
    with Gateway(free_port(), settings=settings) as gateway, calling(gateway), Caller(gateway.port) as second:
        assert (
            second.reply()
            == "421 4.3.2 gateway.test has too many connections; try again later (connections-all ID)"
        )
        assert second.reply() == ""


@shows("connections-client")
def test_one_connection_too_many_from_one_client_is_told_so_and_others_are_not(free_port: FreePort) -> None:
    settings = {
        "reception": {"max_connections_per_client": 1},
        "policy": {"relay_networks": ["127.0.0.1"]},
        "domain": [{"name": "ours.test"}],
    }
    with Gateway(free_port(), settings=settings) as gateway, calling(gateway, "127.0.0.2"):
        with Caller(gateway.port, "127.0.0.2") as second:
            assert (
                second.reply()
                == "421 4.7.0 gateway.test: too many connections from 127.0.0.2 (connections-client ID)"
            )
        for client in ("127.0.0.3", "127.0.0.1", "127.0.0.1"):
            with Caller(gateway.port, client) as other:
                assert other.reply().startswith("220 ")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secured(
    authority: trustme.CA, free_port: FreePort, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A gateway with a certificate."""
    folder = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("gateway.test")
    (chain,) = issued.cert_chain_pems
    chain.write_to_path(str(folder / "cert.pem"))
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    tls = {"certificate": str(folder / "cert.pem"), "key": str(folder / "key.pem")}
    with Gateway(free_port(), settings={"listener": [{"tls": tls}]}) as gateway:
        yield gateway
        assert "Traceback" not in gateway.output.read_text()


@shows("tls-go", "tls-twice")
def test_tls_begins_once_and_what_was_said_before_is_forgotten(
    secured: Gateway, authority: trustme.CA
) -> None:
    with Caller(secured.port) as caller:
        caller.reply()
        assert caller.say("EHLO client.test").endswith("250 STARTTLS")
        assert caller.say("MAIL FROM:<a@client.test>").startswith("250 ")
        assert caller.say("STARTTLS") == "220 2.0.0 Ready to start TLS (tls-go ID)"
        caller.secure(authority)
        # RFC 3207 §4.2: the server knows nothing any more, not even our name.
        assert caller.say("MAIL FROM:<a@client.test>") == "503 5.5.1 Say EHLO or HELO first (helo-first ID)"
        offers = caller.say("EHLO client.test")
        assert "STARTTLS" not in offers
        assert "PIPELINING" in offers
        assert caller.say("STARTTLS") == "503 5.5.1 TLS is active already (tls-twice ID)"
        caller.begin()
        assert "message-accepted" in caller.say("Subject: secret", "", "Text.", ".")
        assert caller.say("QUIT").startswith("221 ")
    received = [r for r in records(secured.data_dir / "journal") if isinstance(r, Reception)][-1]
    assert received.tls.startswith("TLSv1.3 ")


def test_plain_text_sent_behind_starttls_is_never_obeyed(secured: Gateway, authority: trustme.CA) -> None:
    with Caller(secured.port) as caller:
        caller.reply()
        caller.say("EHLO client.test")
        injected = ("EHLO injected.test", "MAIL FROM:<injected@client.test>", "NOOP")
        assert caller.say("STARTTLS", *injected).startswith("220 ")
        with suppress(ssl.SSLError, OSError):
            # The octets behind STARTTLS may be read by the TLS layer instead: then the handshake fails, for a
            # ClientHello does not begin like that. Either way nobody obeys them.
            caller.secure(authority)
            assert caller.say("NOOP") == "250 2.0.0 Still here (noop-ok ID)"
            assert "(helo-first ID)" in caller.say("RCPT TO:<b@ours.test>")
    assert not any("injected" in path.read_text() for path in (secured.data_dir / "journal").iterdir())


def test_a_client_that_does_not_speak_tls_after_starttls_costs_its_own_session_only(secured: Gateway) -> None:
    with Caller(secured.port) as caller:
        caller.reply()
        caller.say("EHLO client.test")
        assert caller.say("STARTTLS").startswith("220 ")
        caller.socket.sendall(b"NOOP\r\n" * 10)
        with suppress(ConnectionError):
            while caller.socket.recv(1000):  # perhaps a TLS alert, then the end
                pass
    with Caller(secured.port) as caller:
        assert caller.reply().startswith("220 ")


@shows("shutting-down")
def test_a_gateway_that_stops_tells_the_idle_and_lets_the_busy_finish(free_port: FreePort) -> None:
    with Gateway(free_port()) as gateway:
        with Caller(gateway.port) as idle, Caller(gateway.port) as busy:
            idle.reply()
            busy.reply()
            busy.begin()
            gateway.process.send_signal(signal.SIGTERM)  # type: ignore[union-attr]
            assert idle.reply() == "421 4.3.2 gateway.test is shutting down; connect again (shutting-down ID)"
            assert idle.reply() == ""
            assert "(message-accepted ID-1)" in busy.say("Subject: last", "", "Text.", ".")
            assert "(shutting-down ID)" in busy.reply()
            assert busy.reply() == ""
        assert gateway.process is not None
        assert gateway.process.wait(20) == 0
        assert "Traceback" not in gateway.words()
        (received,) = [r for r in records(gateway.data_dir / "journal") if isinstance(r, Reception)]
        reader = open_reader(gateway.data_dir / "spool/0")
        assert [held.message.id for held in reader.held()] == [received.message]
        assert reader.counts().leased == 0
        reader.close()


@shows("internal-error")
def test_a_fault_of_ours_ends_one_session_with_421_and_its_traceback_stays_in_the_log(
    free_port: FreePort,
) -> None:
    with Gateway(free_port()) as gateway:
        with Caller(gateway.port) as caller:
            caller.reply()
            caller.begin()
            caller.socket.sendall(b"Subject: Large\r\n\r\n" + b"x" * 70 + b"\r\n" * 300_000)
            # What nobody may do to a spool: take away the file of a message that is still coming in.
            shard = gateway.data_dir / "spool/0"
            assert wait_until(lambda: any(shard.glob("*.content")))
            (large,) = shard.glob("*.content")
            large.unlink()
            assert (
                caller.say(".")
                == "421 4.3.0 gateway.test: internal error, please try again later (internal-error ID)"
            )
            assert caller.reply() == ""
        assert "FileNotFoundError" in gateway.output.read_text()
        with Client(gateway.port) as client:
            (result,) = client.send("a@client.test", ("b@ours.test",), CONTENT)
            assert result.reply.code == 250


def limit_files(gateway: Gateway, octets: int) -> None:
    """Let the worker write no file beyond so many octets, as on a disk that is full or fails."""
    (worker,) = gateway.workers()
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (octets, resource.RLIM_INFINITY))


@shows("spool-full")
def test_a_disk_that_is_full_costs_no_message_that_was_taken(free_port: FreePort) -> None:
    with Gateway(free_port(), settings={"spool": {"min_free": 0}}) as gateway:
        taken = 0

        def send(size: int) -> str:
            with Client(gateway.port) as client:
                (result,) = client.send(
                    "a@client.test", ("b@ours.test",), CONTENT + b"Line.\r\n" * (size // 7)
                )
                client.close()
            assert result.reply.code in (250, 452), result
            nonlocal taken
            taken += result.reply.code == 250
            return result.reply.text

        assert "message-accepted" in send(10)
        for _ in range(3):
            limit_files(gateway, 1)
            assert "(spool-full " in send(10)
            assert "(spool-full " in send(400_000)  # this one cannot even be kept while it comes in
            limit_files(gateway, resource.RLIM_INFINITY)
            assert wait_until(lambda: "message-accepted" in send(10), 10)
        assert wait_until(lambda: held(gateway) == taken), (held(gateway), taken)
        assert "Traceback" not in gateway.output.read_text()


def held(gateway: Gateway) -> int:
    reader = open_reader(gateway.data_dir / "spool/0")
    try:
        return reader.counts().held
    finally:
        reader.close()


@shows("spool-failed")
def test_a_spool_that_fails_defers_the_message_and_says_why_in_the_journal_only(free_port: FreePort) -> None:
    with Gateway(free_port()) as gateway:
        shard = gateway.data_dir / "spool/0"
        with Caller(gateway.port) as caller:
            caller.reply()
            caller.begin()
            shard.rename(shard.with_name("gone"))  # a file system that was unmounted
            caller.socket.sendall(b"Subject: Large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 5_000)
            said = caller.say(".")
            assert said == "451 4.3.0 The message could not be stored; try again later (spool-failed ID-1)"
            shard.with_name("gone").rename(shard)
            # For a second the gateway may still believe that there is no room.
            assert wait_until(lambda: "(mail-ok " in caller.say("MAIL FROM:<a@client.test>"), 10)
            assert caller.say("RCPT TO:<b@ours.test>").startswith("250 ")
            assert caller.say("DATA").startswith("354 ")
            assert "(message-accepted ID-2)" in caller.say("Subject: Small", "", ".")
        refused, taken = (r for r in records(gateway.data_dir / "journal") if isinstance(r, Reception))
        assert refused.reply.entry == "spool-failed"
        assert "No such file or directory" in refused.reason
        assert taken.reply.positive
        assert "Traceback" not in gateway.output.read_text()


def infected() -> bytes:
    """Give a message with the EICAR test string in a attachment with an innocent name."""
    message = EmailMessage()
    message["From"] = "Billing <billing@client.test>"
    message["Subject"] = "Your invoice"
    message.set_content("Please find our invoice attached.\n")
    message.add_attachment(EICAR, maintype="application", subtype="octet-stream", filename="invoice.pdf")
    return bytes(message).replace(b"\n", b"\r\n")


def gatepost(gateway: Gateway, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a verb with the settings of a gateway."""
    command = [sys.executable, "-m", "gatepost", *arguments, "-c", str(gateway.config)]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=30, check=False)


def trace(gateway: Gateway, *arguments: str) -> str:
    """Run `gatepost trace`."""
    done = gatepost(gateway, "trace", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.peer("clamd")
@shows("virus-found")
def test_an_infected_message_is_refused_in_the_session_and_trace_names_what_was_found_where(
    free_port: FreePort, tmp_path: Path
) -> None:
    assert base64.b64encode(EICAR)[:20] in infected()
    with clamd_running(tmp_path) as clamd:
        settings = {"checks": {"virus": {"address": clamd.address}}}
        with Gateway(free_port(), settings=settings) as gateway, Client(gateway.port) as client:
            (bad,) = client.send("billing@client.test", ("b@ours.test",), infected())
            (good,) = client.send("a@client.test", ("b@ours.test",), CONTENT)
            client.close()
            assert (bad.reply.code, bad.reply.enhanced) == (554, "5.7.1")
            assert f"contains {EICAR_NAME} (virus-found " in bad.reply.text
            assert good.reply.code == 250
            message = bad.reply.text.rpartition(" ")[2].rstrip(")")
            facts: list[dict[str, Any]] = json.loads(trace(gateway, message, "--json"))
            words = trace(gateway, message)
    (reception,) = [f for f in facts if f["type"] == "reception" and f["message"] == message]
    assert reception["reply"]["entry"] == "virus-found"
    assert reception["disposition"]["action"] == "reject"
    assert reception["explanation"]["cause"] == "virus"
    (evidence,) = [e for f in reception["findings"] if f["check"] == "virus" for e in f["evidence"]]
    assert evidence["signature"] == EICAR_NAME
    assert "invoice.pdf" in evidence["where"]
    assert EICAR_NAME in words
    assert "invoice.pdf" in words
