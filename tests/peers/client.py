"""A client for tests that sends octets just as they are: our own `ClientProtocol` on a blocking socket.

Mail programs mend what they send (line ends, dots, 8-bit); a test that compares octets must not.
"""

from __future__ import annotations

import socket
from typing import Self

from gatepost.smtp.client import ClientProtocol, Finished, NotReady, Ready, Result, Transaction, WantContent


class Client:
    """One kept connection, from `source`. `send` gives a result per recipient. Raises OSError when it breaks."""

    def __init__(
        self, port: int, host: str = "127.0.0.1", timeout: float = 60, source: str = "127.0.0.1"
    ) -> None:
        self._socket = socket.create_connection((host, port), timeout, source_address=(source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._protocol = ClientProtocol(name="client.test", starttls="never")
        try:
            event = self._event()
            assert isinstance(event, Ready), event
        except BaseException:
            self._socket.close()
            raise

    def send(self, sender: str, recipients: tuple[str, ...], content: bytes) -> tuple[Result, ...]:
        """Send one message, and wait for what is said about each recipient."""
        self._protocol.send(Transaction(reverse_path=sender, recipients=recipients, body="8BITMIME"))
        event = self._event()
        if isinstance(event, WantContent):
            self._socket.sendall(self._protocol.content(content) + self._protocol.end_of_content())
            event = self._event()
        assert isinstance(event, Finished), event
        return event.results

    def close(self) -> None:
        """Say goodbye."""
        self._protocol.quit()
        self._socket.sendall(self._protocol.data_to_send())
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()

    def _event(self) -> Ready | NotReady | WantContent | Finished:
        while (event := self._protocol.next_event()) is None:
            if out := self._protocol.data_to_send():
                self._socket.sendall(out)
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionError("the gateway closed the connection")
            self._protocol.receive(data)
        if out := self._protocol.data_to_send():
            self._socket.sendall(out)
        assert isinstance(event, Ready | NotReady | WantContent | Finished), event
        return event
