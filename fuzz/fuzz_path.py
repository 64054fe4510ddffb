"""Search for texts that break the reading of paths."""

from __future__ import annotations

from gatepost.mail.path import MAX_PATH, BadPath, parse_forward_path, parse_mailbox, parse_reverse_path


def target(data: bytes) -> None:
    """Any text is a path or says why not, and what was taken is part of the text and reads the same again."""
    text = data.decode(errors="replace")
    for path in (parse_mailbox(text), parse_forward_path(text), parse_reverse_path(text)):
        if path is None:
            assert text == "<>"
        elif isinstance(path, BadPath):
            assert path.why.isascii()
            assert path.why.isprintable()
        else:
            assert path.address in text
            assert len(path.address.encode()) <= MAX_PATH - 2
            assert not any(control in path.address for control in "\0\r\n\t\ufffd")
            if path.domain:
                assert parse_mailbox(path.address) == path
                assert path.domain == path.domain.lower()
