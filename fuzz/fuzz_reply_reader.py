"""Search for octets of a peer that break the reading of replies, or the client that lives on them."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.reply.reply import Reply
from gatepost.smtp.client import ClientProtocol, Finished, Transaction, Violation, WantContent
from gatepost.smtp.reply_reader import MAX_REPLY, BadReply, ReplyReader


def target(data: bytes) -> None:
    """Whole and octet by octet give the same replies, all printable; a transaction has one result per recipient."""
    single = [data[at : at + 1] for at in range(len(data))]
    at_once = replies([data])
    assert replies(single) == at_once
    for reply in at_once:
        if isinstance(reply, Reply):
            assert 200 <= reply.code <= 599
            assert reply.text.replace("\n", "").isprintable()
            assert len(reply.text) <= MAX_REPLY
    for lmtp in (False, True):
        delivery(single, lmtp)


def replies(pieces: Iterable[bytes]) -> list[Reply | BadReply]:
    reader = ReplyReader()
    given: list[Reply | BadReply] = []
    for piece in pieces:
        reader.receive(piece)
        while (reply := reader.next_reply()) is not None:
            given.append(reply)
            if isinstance(reply, BadReply):
                return given
    return given


def delivery(pieces: Iterable[bytes], lmtp: bool) -> None:
    client = ClientProtocol(name="client.example", lmtp=lmtp, starttls="never")
    recipients = ("a@example.org", "b@example.org")
    open_now = False
    for piece in pieces:
        if client.ready:
            client.send(Transaction(reverse_path="", recipients=recipients))
            open_now = True
        client.data_to_send()
        client.receive(piece)
        while (event := client.next_event()) is not None:
            match event:
                case WantContent():
                    client.content(b"text")
                    client.end_of_content()
                case Finished(results):
                    assert open_now
                    open_now = False
                    assert tuple(result.recipient for result in results) == recipients
                case Violation():
                    assert client.ended
                case _:
                    pass
    if open_now:
        assert tuple(result.recipient for result in client.closed("the end").results) == recipients
