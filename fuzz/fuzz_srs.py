"""Search for addresses that break the rewriting of reverse-paths."""

from __future__ import annotations

from gatepost.mail.path import Mailbox, parse_mailbox
from gatepost.mailauth.srs import Srs, SrsFault, SrsProblem

OURS = Srs("forward.example", [b"sixteen octets.."])
DAY = 20_000


def target(data: bytes) -> None:
    """Any path is rewritten to one of ours and comes back, or says why not; what others wrote never comes back."""
    path = parse_mailbox(data.decode("utf-8", "replace"))
    if not isinstance(path, Mailbox):
        return
    back = OURS.reverse(Mailbox(f"{path.local_part}@forward.example", "forward.example"), DAY)
    assert isinstance(back, SrsProblem)
    there = OURS.forward(path, DAY)
    if isinstance(there, SrsProblem):
        assert there.fault is SrsFault.UNREADABLE
        return
    assert parse_mailbox(str(there)) == there
    assert there.domain == "forward.example"
    if path.domain == "forward.example":
        assert there == path
        return
    back = OURS.reverse(there, DAY)
    assert isinstance(back, Mailbox | SrsProblem)
    if there.local_part.lstrip('"').startswith("SRS0"):
        assert isinstance(back, Mailbox)
        assert back.domain == path.domain
