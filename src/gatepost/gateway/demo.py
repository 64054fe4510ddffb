"""The demonstration: a gateway on loopback, a small mail server behind it, and messages that meet all fates.

Everything is real but small: the gateway is `gatepost run` in a process of its own, the next hop speaks SMTP
by `smtp.ServerProtocol`, the scanner speaks clamd's protocol and knows one signature, the EICAR test string, and
DNS is a table.
Nothing leaves this machine, and the folder goes when the demonstration ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from msgspec import Struct

from gatepost.gateway.demo_dns import DemoNames
from gatepost.mail.ids import SessionIds, is_id, session_of
from gatepost.mail.path import Mailbox
from gatepost.reply import catalogue
from gatepost.reply.reply import Reply
from gatepost.smtp.command import Data, Ehlo, Mail, Quit, Rcpt
from gatepost.smtp.server import Chunk, EndOfContent, Event, Fault, Limits, ServerProtocol

HOST: Final = "127.0.0.1"
# The EICAR test string, in two halves so that no scanner takes this file for infected.
EICAR: Final = r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_SIZE_LIMIT: Final = 65_536
_NAMES: Final = {
    "sender.example": "v=spf1 ip4:127.0.0.0/8 -all",
    "_dmarc.sender.example": "v=DMARC1; p=quarantine",
    "_dmarc.bank.example": "v=DMARC1; p=reject",
}
_START_SECONDS: Final = 20.0


class Scene(Struct, frozen=True, kw_only=True):
    """One message of the demonstration: what it shows, and how it is sent."""

    title: str
    shows: str
    message: EmailMessage | None
    sender: str
    recipients: tuple[str, ...]


class Stage(Struct, frozen=True, kw_only=True):
    """The running demonstration: where mail goes in, where the pages are, where the journal is written."""

    smtp_port: int
    web: str
    data_dir: Path


@contextlib.contextmanager
def running(smtp_port: int = 0, web_port: int = 0) -> Iterator[Stage]:
    """Start everything on loopback, and take it all away at the end. Raises OSError, TimeoutError."""
    with tempfile.TemporaryDirectory(prefix="gatepost-demo-") as folder, _loop() as loop:
        smtp_port = smtp_port or _free_port()
        web_port = web_port or _free_port()
        next_hop = _serve(loop, _next_hop)
        scanner = _serve(loop, _scanner)
        names = _serve_names(loop)
        config = Path(folder) / "gatepost.toml"
        data_dir = Path(folder) / "data"
        config.write_text(
            f'data_dir = "{data_dir}"\nhost = "gateway.example"\nworkers = 1\n'
            f'listener = [{{address = "{HOST}:{smtp_port}"}}]\n'
            f'domain = [{{name = "example.org", next_hop = ["{HOST}:{next_hop}"]}}, {{name = "no-route.example"}}]\n'
            f'policy = {{relay_networks = ["::1"]}}\nreception = {{max_message_size = {_SIZE_LIMIT}}}\n'
            f'dns = {{nameservers = ["{HOST}:{names}"]}}\n'
            f'checks = {{virus = {{address = "{HOST}:{scanner}"}}, greylist = {{mode = "off"}}}}\n'
            f'web = {{address = "{HOST}:{web_port}"}}\n'
            "delivery = {retry = [3, 60]}\n"
        )
        with (Path(folder) / "log").open("wb") as log:
            gateway = subprocess.Popen(  # noqa: S603 - this very program
                [sys.executable, "-m", "gatepost", "run", "-c", str(config)], stdout=log, stderr=log
            )
        try:
            _wait_for(smtp_port, gateway, Path(folder) / "log")
            yield Stage(smtp_port=smtp_port, web=f"http://{HOST}:{web_port}/", data_dir=data_dir)
        finally:
            gateway.send_signal(signal.SIGTERM)
            gateway.wait(30)


def send(stage: Stage, scene: Scene) -> str:
    """Send one scene as a client would; give the id of its session, read off the replies. Raises OSError."""
    content = bytes(scene.message).replace(b"\n", b"\r\n") if scene.message is not None else b""
    with smtplib.SMTP(HOST, stage.smtp_port, local_hostname="mail.sender.example", timeout=30) as client:
        client.ehlo()
        said = [client.mail(scene.sender, [f"size={len(content)}"])]
        if said[-1][0] == 250:
            said += [client.rcpt(recipient) for recipient in scene.recipients]
        if said[-1][0] == 250 and content:
            said.append(client.data(content))
    ids = [word for _, text in said for word in re.findall(rb"[0-9a-z-]+", text) if is_id(word.decode())]
    return session_of(ids[-1].decode())


def scenes() -> list[Scene]:
    """Give the messages to show, in order."""
    return [
        Scene(
            title="An ordinary message",
            shows="checked, stored on disk, delivered",
            message=_message("Minutes of Monday", "Dear Ada,\n\nhere are the minutes.\n\nGrace\n"),
            sender="grace@sender.example",
            recipients=("ada@example.org",),
        ),
        Scene(
            title="A message with the EICAR test virus in an attachment",
            shows="refused while the sender is still on the line, so nobody has to bounce it",
            message=_message("Your invoice", "Please find our invoice attached.\n", ("invoice.txt", EICAR)),
            sender="billing@sender.example",
            recipients=("ada@example.org",),
        ),
        Scene(
            title="A message in the name of a bank, which did not send it",
            shows="refused, because the bank's own DNS asks for that (DMARC)",
            message=_message("Your account", "Click here.\n", author="Your bank <service@bank.example>"),
            sender="phisher@sender.example",
            recipients=("ada@example.org",),
        ),
        Scene(
            title="A message that is too large",
            shows="refused at MAIL, before one octet of it was sent",
            message=_message("Holiday pictures", "x" * 70 * 1400 + "\n"),
            sender="grace@sender.example",
            recipients=("ada@example.org",),
        ),
        Scene(
            title="A stranger who tries to relay",
            shows="refused: this gateway is nobody's open relay",
            message=None,
            sender="someone@sender.example",
            recipients=("victim@elsewhere.example",),
        ),
        Scene(
            title="A recipient that the mail server does not know",
            shows="the next hop's words, explained, and the report that the author gets",
            message=_message("Lunch?", "Are you free on Tuesday?\n"),
            sender="bounces@example.org",
            recipients=("nobody@example.org",),
        ),
        Scene(
            title="A mail server that greylists",
            shows="the message waits; the gateway knows why, and when it will try again",
            message=_message("Weekly report", "All is well.\n"),
            sender="grace@sender.example",
            recipients=("strict@example.org",),
        ),
        Scene(
            title="A domain without a next hop",
            shows="held, not lost, and it says what is missing",
            message=_message("Where does this go?", "Nobody has said yet.\n"),
            sender="grace@sender.example",
            recipients=("someone@no-route.example",),
        ),
    ]


def _message(
    subject: str,
    text: str,
    attachment: tuple[str, str] | None = None,
    author: str = "Grace <grace@sender.example>",
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = author
    message["To"] = "Ada <ada@example.org>"
    message["Subject"] = subject
    message["Message-ID"] = f"<{subject.lower().strip('?').replace(' ', '-')}@sender.example>"
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
    message.set_content(text, cte="7bit" if len(text) < 1000 else "base64")
    if attachment is not None:
        message.add_attachment(attachment[1], filename=attachment[0])
    return message


# -- the mail server behind the gateway -----------------------------------------------------------------


async def _next_hop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take mail like a small mail server: it knows no "nobody", and puts off who writes to "strict" at first."""
    protocol = ServerProtocol(host="mail.example.org", session=_ids(), limits=Limits())
    writer.write(protocol.greet(catalogue.GREETING.reply(host="mail.example.org")))
    with contextlib.suppress(OSError):
        while not protocol.ended and (data := await reader.read(65_536)):
            protocol.receive(data)
            while not protocol.ended and (event := protocol.next_event()) is not None:
                reply = _next_hop_says(protocol, event)
                if reply is not None:
                    writer.write(protocol.answer(reply))
            await writer.drain()
    writer.close()


def _next_hop_says(protocol: ServerProtocol, event: Event) -> Reply | None:
    ref = protocol.session
    match event:
        case Chunk():
            return None
        case Ehlo():
            return catalogue.EHLO_OK.reply(ref, more=protocol.capabilities(), host=protocol.host)
        case Mail():
            return catalogue.MAIL_OK.reply(ref)
        case Rcpt(mailbox) if mailbox.local_part == "nobody":
            return Reply(
                550, "5.1.1", f"<{mailbox}>: Recipient address rejected: User unknown in mailbox table"
            )
        case Rcpt(mailbox) if mailbox.local_part == "strict" and mailbox not in _met:
            _met.add(mailbox)
            return Reply(
                451, "4.7.1", f"<{mailbox}>: Recipient address rejected: Greylisted, try again in 3 seconds"
            )
        case Rcpt():
            return catalogue.RCPT_OK.reply(ref)
        case Data():
            return catalogue.DATA_GO.reply(ref)
        case EndOfContent(_, fault):
            return fault or catalogue.MESSAGE_ACCEPTED.reply(ref)
        case Fault(reply):
            return reply
        case Quit():
            return catalogue.CLOSING.reply(ref, host=protocol.host)
        case _:
            return catalogue.RESET_OK.reply(ref)


# -- the scanner ----------------------------------------------------------------------------------------


async def _scanner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak as much of clamd's protocol as the virus check uses, knowing just the EICAR test string."""
    number = 0
    in_session = False
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            command = (await reader.readuntil(b"\0")).rstrip(b"\0")
            if command == b"zIDSESSION":
                in_session = True
                continue
            if command != b"zINSTREAM":
                break
            number += 1
            content = bytearray()
            while size := int.from_bytes(await reader.readexactly(4), "big"):
                content += await reader.readexactly(size)
            found = EICAR.encode() in content or _decodes_to_eicar(bytes(content))
            label = f"{number}: ".encode() if in_session else b""
            writer.write(label + (b"stream: Eicar-Test-Signature FOUND\0" if found else b"stream: OK\0"))
            await writer.drain()
    writer.close()


def _decodes_to_eicar(content: bytes) -> bool:
    import email

    parts = email.message_from_bytes(content).walk()
    return any(
        EICAR.encode() in (part.get_payload(decode=True) or b"") for part in parts if not part.is_multipart()
    )


# -- the machinery --------------------------------------------------------------------------------------

_Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_ids = SessionIds(0, time.time)
_met: set[Mailbox] = set()


@contextlib.contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Run an event loop in a thread beside."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)


def _serve(loop: asyncio.AbstractEventLoop, talk: _Talk) -> int:
    async def start() -> asyncio.Server:
        return await asyncio.start_server(talk, HOST, 0)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    port: int = server.sockets[0].getsockname()[1]
    return port


def _serve_names(loop: asyncio.AbstractEventLoop) -> int:
    async def start() -> asyncio.DatagramTransport:
        transport, _ = await loop.create_datagram_endpoint(lambda: DemoNames(_NAMES), (HOST, 0))
        return transport

    transport = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    port: int = transport.get_extra_info("sockname")[1]
    return port


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, gateway: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), 1) as probe:
            if probe.recv(100):
                return
        if gateway.poll() is not None:
            raise OSError(f"the gateway did not start: {log.read_text()[-500:]}")
        time.sleep(0.05)  # until another process listens: there is nothing to wait on
    os.kill(gateway.pid, signal.SIGKILL)
    raise TimeoutError("the gateway did not answer in time")
