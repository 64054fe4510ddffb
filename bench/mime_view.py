"""What taking a message apart costs, beside the standard library and fast-mail-parser in one run.

    python -m bench.mime_view [--rounds 5]

Each takes the same messages (text, HTML, an attachment in base64: 5 KB, 100 KB, 5 MB), visits all parts, decodes all
leaves; ours also says what is ambiguous, as the others do not. Milliseconds of CPU, the best of the rounds, and how
many times ours that is.
"""

from __future__ import annotations

import argparse
import email
import time
from base64 import encodebytes
from collections.abc import Callable
from email import policy
from random import Random

import fast_mail_parser

from gatepost.mail.mime import view

SIZES = (5_000, 100_000, 5_000_000)
LEAST_SECONDS = 0.2


def message(size: int) -> bytes:
    """Make an ordinary message of about so many octets."""
    received = b"".join(
        [
            b"Received: from a.example (a.example [192.0.2.%d])\r\n\tby b.example with ESMTPS id %d\r\n"
            b"\tfor <x@y.example>; Sat, 28 Nov 2026 09:00:00 +0000\r\n" % (hop, hop)
            for hop in range(6)
        ]
    )
    html = b"<p>Hello, this is a line of ordinary text &amp; more.</p>\r\n" * 20
    head = (
        received + b"From: =?utf-8?Q?J=C3=B6rg?= <a@b.example>\r\nTo: c@d.example\r\nSubject: Figures\r\n"
        b"Date: Sat, 28 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@b.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\n--outer\r\n'
        b'Content-Type: multipart/alternative; boundary="inner"\r\n\r\n--inner\r\n'
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        + b"Some text here =C3=B6=20\r\n" * 20
        + b"\r\n--inner\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + html
        + b"\r\n--inner--\r\n\r\n--outer\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    file = Random(1).randbytes(max(100, (size - len(head)) * 56 // 78))
    return head + encodebytes(file).replace(b"\n", b"\r\n") + b"--outer--\r\n"


def ours(octets: bytes) -> None:
    taken = view(octets)
    assert taken.ambiguities == ()
    for part in taken.leaves:
        part.readings()


def stdlib(wanted: policy.Policy) -> Callable[[bytes], None]:  # type: ignore[type-arg]
    def take(octets: bytes) -> None:
        for part in email.message_from_bytes(octets, policy=wanted).walk():
            part.get_payload(decode=True)

    return take


def fast(octets: bytes) -> None:
    fast_mail_parser.parse_email(octets)


READERS: dict[str, Callable[[bytes], None]] = {
    "gatepost": ours,
    "stdlib, compat32": stdlib(policy.compat32),
    "stdlib, default": stdlib(policy.default),
    "fast-mail-parser": fast,
}


def milliseconds(read: Callable[[bytes], None], octets: bytes) -> float:
    count, began = 0, time.process_time()
    while time.process_time() - began < LEAST_SECONDS:
        read(octets)
        count += 1
    return (time.process_time() - began) / count * 1000


def main() -> None:
    options = argparse.ArgumentParser(description="Compare readers of messages.")
    options.add_argument("--rounds", type=int, default=5, help="the best of so many")
    rounds = options.parse_args().rounds
    for size in SIZES:
        octets = message(size)
        best = {
            name: min(milliseconds(read, octets) for _ in range(rounds)) for name, read in READERS.items()
        }
        told = [f"{name} {cost:.3f} ms ({cost / best['gatepost']:.2f})" for name, cost in best.items()]
        print(f"{len(octets):>9,} octets: {'; '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
