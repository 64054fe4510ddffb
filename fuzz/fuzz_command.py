"""Search for lines that break the reading of commands."""

from __future__ import annotations

from gatepost.smtp.command import Mail, Malformed, Rcpt, parse_command


def target(data: bytes) -> None:
    """Any line is a command or gets one permanent refusal, in one line of ASCII of at most 512 octets."""
    command = parse_command(data, "7zq4k0v3m8x2a")
    if isinstance(command, Malformed):
        wire = command.reply.wire()
        assert command.reply.permanent
        assert command.reply.entry
        assert wire.isascii()
        assert wire.count(b"\n") == 1
        assert wire.endswith(b"\r\n")
        assert len(wire) <= 512
    elif isinstance(command, Mail | Rcpt):
        assert parse_command(data.upper()[:5] + data[5:], "7zq4k0v3m8x2a") == command
