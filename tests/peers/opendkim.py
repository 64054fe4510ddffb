"""OpenDKIM in its test mode: it reads message files, asks a file instead of DNS, and says what it makes of each."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

PROGRAM = "/usr/sbin/opendkim"
_VERDICT = re.compile(r"^opendkim: ([0-9]+)\.eml: (.*)$", re.MULTILINE)


def verify(folder: Path, records: Mapping[str, str], messages: Sequence[bytes]) -> list[str]:
    """Give what it says of the first good signature of each message, or of the last, in one line.

    "" for a message that it refuses to look at, at which it stops: the rest are given to it anew.
    """
    (folder / "dns").write_text("".join(f"{name} {record}\n" for name, record in records.items()))
    settings = f"Mode v\nSyslog no\nTestDNSData file:{folder}/dns\n"
    verdicts: list[str] = []
    while len(verdicts) < len(messages):
        rest = messages[len(verdicts) :]
        found = {int(match[1]): match[2] for match in _VERDICT.finditer(_run(folder, settings, rest))}
        reached = min(max(found, default=-1) + 2, len(rest))
        verdicts += [found.get(number, "") for number in range(reached)]
    return verdicts


def sign(
    folder: Path, key: bytes, domain: str, selector: str, ways: str, messages: Sequence[bytes]
) -> list[bytes]:
    """Give the signature field of each message, by one key and one pair of canonical forms."""
    (folder / "key.pem").write_bytes(key)
    (folder / "key.pem").chmod(0o600)
    settings = (
        f"Mode s\nSyslog no\nDomain {domain}\nSelector {selector}\nKeyFile {folder}/key.pem\n"
        f"Canonicalization {ways}\nRequireSafeKeys no\n"
    )
    said = _run(folder, settings, messages)
    fields = [
        found[0].encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        for found in re.finditer(r"^DKIM-Signature:.*\n(?:[ \t].*\n)*", said, re.MULTILINE)
    ]
    assert len(fields) == len(messages), said[-1000:]
    return fields


def _run(folder: Path, settings: str, messages: Sequence[bytes]) -> str:
    (folder / "opendkim.conf").write_text(settings)
    names = [f"{number}.eml" for number in range(len(messages))]
    for name, message in zip(names, messages, strict=True):
        (folder / name).write_bytes(message)
    done = subprocess.run(
        [PROGRAM, "-x", "opendkim.conf", "-v", "-t", ",".join(names)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=folder,
        timeout=120,
        check=False,
    )
    return done.stdout.decode("utf-8", "replace")
