"""Keys, a zone that publishes them, and messages for the tests of DKIM and ARC: plain, odd, changed on the way."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from random import Random

from gatepost.mail.fields import split
from gatepost.mailauth.dkim.body import Canonical
from gatepost.mailauth.dkim.keypair import PrivateKey, key_record, new_ed25519_key, new_rsa_key
from gatepost.mailauth.dkim.result import Verification
from gatepost.mailauth.dkim.sign import Signer, sign
from gatepost.mailauth.dkim.verify import verify
from tests.mailauth.zone import NOW, Zone

DOMAIN = "mail.test"
LETTER = (
    b"Received: from a.test by b.test; Thu, 1 Jan 2026 00:00:00 +0000\r\n"
    b"From: Ann <ann@mail.test>\r\nTo: bob@other.test\r\nSubject: a  walk\r\n\tin the park\r\n"
    b"Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@mail.test>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n"
    b"\r\n"
    b"Hello  Bob, \r\n\r\n\tshall we\t go? \r\n\r\n\r\n"
)


@functools.cache
def rsa() -> PrivateKey:
    return new_rsa_key()


@functools.cache
def ed25519() -> PrivateKey:
    return new_ed25519_key()


def zone() -> Zone:
    return Zone(
        {f"rsa._domainkey.{DOMAIN}": key_record(rsa()), f"ed._domainkey.{DOMAIN}": key_record(ed25519())}
    )


def rsa_signer(header: Canonical = Canonical.RELAXED, body: Canonical = Canonical.RELAXED) -> Signer:
    return Signer(DOMAIN, "rsa", rsa(), header, body)


def ed25519_signer(header: Canonical = Canonical.RELAXED, body: Canonical = Canonical.RELAXED) -> Signer:
    return Signer(DOMAIN, "ed", ed25519(), header, body)


def signed(message: bytes, *signers: Signer, now: int = NOW) -> bytes:
    """Put the signatures of all signers before a message; that of the RSA key when none is named."""
    header = split(message)
    fields = sign(header, [message[header.body :]], signers or (rsa_signer(),), now)
    assert isinstance(fields, bytes), fields
    return fields + message


def results(message: bytes, known: Zone | None = None, now: float = NOW) -> tuple[Verification, ...]:
    header = split(message)
    return asyncio.run(verify(header, [message[header.body :]], known or zone(), now))


def result(message: bytes, known: Zone | None = None, now: float = NOW) -> Verification:
    (only,) = results(message, known, now)
    return only


class Scribe:
    """Write messages that no two programs write alike, and do to them what happens on the way.

    A `neat` one writes one blank behind each colon, for programs that do not keep what stands there.
    """

    def __init__(self, seed: int, *, neat: bool = False) -> None:
        self.random = Random(seed)
        self.neat = neat

    def blanks(self, least: int = 0) -> bytes:
        return b"".join(self.random.choices((b" ", b"\t"), k=self.random.choice((least, least, 1, 2, 5))))

    def words(self, most: int = 8) -> bytes:
        return b"".join(
            self.random.choice((b"a", b"walk", b"=20", b"\xc3\xa4", b":", b";", b".", b"x=y", b"From"))
            + self.blanks(1)
            for _ in range(self.random.randrange(most))
        ).rstrip()

    def value(self) -> bytes:
        folds = [self.blanks() + self.words() + self.blanks()]
        # A fold of blanks alone is obsolete and hard on some: not here.
        more = range(self.random.choice((0, 0, 0, 1, 2)))
        folds += [self.blanks(1) + (self.words() or b"x") + self.blanks() for _ in more]
        return b"\r\n".join(folds)

    def field(self, name: bytes) -> bytes:
        name = self.random.choice((name, name, name.lower(), name.upper()))
        value = self.value()
        if name.lower() == b"from":  # OpenDKIM signs for whom it finds here
            value = self.blanks() + b"Ann" + self.blanks(1) + b"<ann@mail.test>" + self.blanks()
        return name + b":" + (b" x " + value.lstrip(b" \t") if self.neat else value) + b"\r\n"

    def header(self) -> list[bytes]:
        names = [
            b"From",
            b"To",
            b"Subject",
            b"Date",
            b"Message-ID",
            b"MIME-Version",
            b"Content-Type",
            b"X-Odd",
        ]
        names += self.random.choices([*names[1:], b"Received", b"Cc", b"List-Id", b"Reply-To"], k=3)
        self.random.shuffle(names)
        return [self.field(name) for name in names]

    def body(self) -> bytes:
        lines = [
            self.random.choice((b"", b"", b" ", self.blanks(), self.words() + self.blanks(), b".", b"--x"))
            for _ in range(self.random.choice((0, 1, 2, 5, 12)))
        ]
        return b"\r\n".join(lines) + self.random.choice((b"\r\n", b"\r\n", b"\r\n\r\n\r\n", b" \r\n"))

    def message(self) -> bytes:
        return b"".join(self.header()) + b"\r\n" + self.body()

    def changed(self, message: bytes) -> bytes:
        """Change one thing: something that breaks every signature, some, or none."""
        header, _, body = message.partition(b"\r\n\r\n")
        fields = [field.raw.removesuffix(b"\r\n") for field in split(header).fields]
        place = self.random.randrange(len(fields))
        match self.random.randrange(16):
            case 0:
                body += self.random.choice((b"\r\n", b" \r\n", b"\r\n\r\n", b" ", b"x", b"\r\nx\r\n"))
            case 1:
                body = body.removesuffix(b"\r\n")
            case 2:
                body = self.at_random(body, self.blanks())
            case 3:
                body = self.at_random(body, self.random.choice((b"x", b"\r\n", b" \r\n", b"\xff")))
            case 4:
                body = body.replace(b" ", b"\t", 1)
            case 5:
                del fields[place]
            case 6:
                fields.append(fields.pop(place))
            case 7:
                fields.insert(self.random.randrange(len(fields)), fields[place])
            case 8:
                fields[place] = self.at_random(fields[place], self.blanks())
            case 9:
                fields[place] = fields[place].replace(b" ", b"\r\n\t", 1)
            case 10:
                fields[place] = fields[place].replace(b":", b" : ", 1)
            case 11:
                name, colon, value = fields[place].partition(b":")
                fields[place] = name.swapcase() + colon + value
            case 12:
                fields[place] = self.at_random(fields[place], b"x")
            case 13:
                fields.insert(0, b"X-Added: yes")
            case 14:
                name, colon, value = fields[0].partition(b":")
                tags = value.split(b";")
                self.random.shuffle(tags)
                fields[0] = name + colon + b";".join(tags)
            case _:
                tags = fields[0].split(b";")
                tags[self.random.randrange(len(tags))] += self.random.choice((b" ", b"=", b"\r\n ", b"; z=1"))
                fields[0] = b";".join(tags)
        return b"\r\n".join(fields) + b"\r\n\r\n" + body

    def at_random(self, text: bytes, put: bytes) -> bytes:
        at = self.random.randrange(len(text) + 1)
        return text[:at] + put + text[at:]


def chunks(body: bytes, random: Random) -> Sequence[bytes]:
    """Cut a body anywhere."""
    cuts = sorted(random.randrange(len(body) + 1) for _ in range(random.randrange(6)))
    return [body[start:end] for start, end in zip([0, *cuts], [*cuts, len(body)], strict=True)]
