"""The public ARC test suite, validation and signing, and the DKIM messages of Mail::DKIM that today's rules reach."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs

from gatepost.mail.fields import Field, Header, split
from gatepost.mailauth import arc
from gatepost.mailauth.arc.chain import SIGNATURE, BrokenChain, new_seal_digest, read_chain
from gatepost.mailauth.arc.result import Chain, Status
from gatepost.mailauth.dkim.keypair import BadPrivateKey, PrivateKey, read_private_key, sign_digest
from gatepost.mailauth.dkim.result import Result
from gatepost.mailauth.dkim.sign import NotSigned, Signer
from tests.mailauth.dkim.letters import results
from tests.mailauth.zone import NOW, Zone
from tests.peers.mail_dkim import Source

pytestmark = pytest.mark.peer("mail-dkim")

# These pass as the suite wants, and say what RFC 8301 §3.1 thinks of rsa-sha1.
WEAK = {"ams_fields_a_sha1": "ARC-Message-Signature", "as_fields_a_sha1": "ARC-Seal"}


def cases(source: Source, name: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for scenario in source.scenarios(name):
        for case, test in scenario["tests"].items():
            yield case, test, scenario


def zone(scenario: dict[str, Any]) -> Zone:
    records = scenario.get("txt-records") or {}
    # A line there is a string of the record, and strings are joined (RFC 6376 §3.6.2.2).
    return Zone({name: text.replace("\n", "") for name, text in records.items()})


def verified(message: bytes, known: Zone) -> Chain:
    header = split(message)
    return asyncio.run(arc.verify(header, [message[header.body :]], known, NOW))


def test_every_validation_case_of_the_arc_suite_comes_out_as_wanted(mail_dkim: Source) -> None:
    wrong, count = {}, 0
    for case, test, scenario in cases(mail_dkim, "arc-draft-validation-tests.yml"):
        chain = verified(test["message"].replace("\n", "\r\n").encode(), zone(scenario))
        # No status is given for a chain whose last sealer says cv=fail: RFC 8617 §5.2 step 2 says what it is.
        wanted = (test["cv"] or "fail").lower()
        assert (chain.status == "fail") is bool(chain.reason), case
        assert bool(chain.weak) is (case in WEAK), case
        assert WEAK.get(case, "") in chain.weak, case
        count += 1
        if chain.status != wanted:
            wrong[case] = (wanted, chain)
    assert wrong == {}
    assert count == 170


def test_every_signing_case_of_the_arc_suite_gives_the_wanted_fields(mail_dkim: Source) -> None:
    unsealed, count = [], 0
    for case, test, scenario in cases(mail_dkim, "arc-draft-sign-tests.yml"):
        count += 1
        message = test["message"].replace("\n", "\r\n").encode()
        header = split(message)
        body = [message[header.body :]]
        # What was found of the chain is told by the Authentication-Results of the message, and so are our results.
        found = re.search(rb"arc=(none|pass|fail)", message)
        chain = verified(message, zone(scenario))
        if found:
            chain = structs.replace(chain, status=Status(found[1].decode()))
        said = re.sub(r"^i=[0-9]+;\s*", "", (test["AAR"] or "").strip()).replace("\n", "\r\n ")
        key = read_private_key(scenario["privatekey"].encode())
        assert not isinstance(key, BadPrivateKey)
        signer = Signer(scenario["domain"], scenario["sel"], key)
        names = [name.strip().lower() for name in test["sig-headers"].split(":")]
        made = arc.seal(header, body, chain, said, signer, test["t"], names)
        if isinstance(made, NotSigned):
            assert not test["AS"], case
            unsealed.append(case)
            continue
        seal, signature, given = split(made).fields
        assert bare(signature.value) == bare(test["AMS"].encode()), case
        assert suites_seal(header, given, signature, seal, key) == bare(test["AS"].encode()), case
        if chain.status is Status.NONE:
            assert verified(made + message, zone(scenario)).status == "pass", case
    assert unsealed == ["no_additional_sig"]
    assert count == 17


def suites_seal(header: Header, given: Field, signature: Field, seal: Field, key: PrivateKey) -> bytes:
    """Give our seal as the suite has it: it hashed the signature of the message before its b= was folded.

    RFC 8617 §5.1.1 hashes the fields as they are, so that a seal of what was not sent would fail.
    """
    unfolded = re.sub(rb"\bb=[^;]*", lambda found: bare(found[0]), signature.raw)
    sets = () if b"cv=fail" in seal.raw else read_chain(header)
    assert not isinstance(sets, BrokenChain)
    digest = new_seal_digest(sets, given, Field(SIGNATURE, unfolded), seal)
    value = b64encode(sign_digest(key, digest))
    return re.sub(rb"\bb=[^;]*", lambda _: b"b=" + value, bare(seal.value))


def bare(text: bytes) -> bytes:
    return re.sub(rb"\s+", b"", text)


# Most of its DKIM messages are of drafts and of the days of rsa-sha1 and of keys of 512 bits.
TODAY = {
    "goodkey_ed25519.txt": ("pass", ""),
    "badkey1_ed25519.txt": ("permerror", "no Ed25519 key"),
    "badkey2_ed25519.txt": ("fail", "a signed field was changed"),
    "badkey3_ed25519.txt": ("fail", "the body hash does not match"),
    "badkey4_ed25519.txt": ("permerror", "there is no key"),
    "badkey5_ed25519.txt": ("permerror", "is no DKIM key"),
    "badkey_11.txt": ("permerror", "may not be used with sha256"),
    "ignore_1.txt": ("neutral", "of a version that nobody knows"),
    "ignore_5.txt": ("neutral", "its key cannot be had"),
    "ignore_6.txt": ("neutral", "its key cannot be had"),
    "ignore_8.txt": ("permerror", "not of the domain that signed"),
}


def test_its_dkim_messages_come_out_by_todays_rules(mail_dkim: Source) -> None:
    records = {
        name: None if record.startswith("~~") else record.strip('"')
        for name, record in mail_dkim.zone().items()
        if record != "NXDOMAIN"
    }
    found = {
        name.removeprefix("corpus/"): results(content, Zone(records))
        for name, content in mail_dkim.files.items()
        if name.startswith("corpus/")
    }
    for name, (result, why) in TODAY.items():
        (only,) = found.pop(name)
        assert (only.result, why in only.reason) == (result, True), (name, only)
    assert len(found) > 60
    for name, those in found.items():
        assert not any(one.result is Result.PASS for one in those), name
