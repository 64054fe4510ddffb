"""The inspection: which parts are looked into, and what becomes of what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence

import pytest

from gatepost.checks.content.files_settings import FileRule, FilesSettings
from gatepost.checks.content.formats.format import Budget, Seen, Trait
from gatepost.checks.content.formats.readers import reader_of
from gatepost.checks.content.formats.walk import walk
from gatepost.checks.content.inspection import InspectionCheck, shown_text, worth_a_look
from gatepost.checks.content.inspector import Failed, File, Inspected
from gatepost.checks.content.passwords import passwords_in
from gatepost.checks.content.poison import Poison
from gatepost.checks.facts import Content, Facts
from gatepost.checks.finding import Finding, Result, Stage
from tests.checks.connection.ram import Clock, Ram

FACTS = Facts(session="s", client="192.0.2.7", role="inbound", relay=False)


class Here:
    """An inspector in this process: the walk itself, or a failure."""

    def __init__(self, failure: Failed | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[Sequence[File], Sequence[str]]] = []
        self.messages: list[bytes] = []

    async def inspect(
        self, files: Sequence[File], passwords: Sequence[str] = (), message: bytes = b""
    ) -> Inspected | Failed:
        self.asked.append((files, passwords))
        self.messages.append(message)
        if self.failure is not None:
            return self.failure
        budget = Budget(1 << 24, 1 << 24, 1000)
        whole = (Seen(Trait.YARA, "a rule matches"),) if b"lighthouse" in message else ()
        return Inspected(tuple([tuple(walk(f.octets, f.name, budget, reader_of)) for f in files]), whole)


def message(*parts: str, body: str = "Hello.") -> Content:
    lines = ["MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=cut", "", "--cut", "", body]
    for part in parts:
        lines += ["--cut", part]
    octets = "\r\n".join([*lines, "--cut--", ""]).encode()
    return Content(len(octets), octets)


def attached(name: str, content: str = "text") -> str:
    return f"Content-Disposition: attachment; filename={name}\r\n\r\n{content}"


def looked(
    content: Content, inspector: Here | None = None, settings: FilesSettings | None = None
) -> list[Finding]:
    check = InspectionCheck(
        settings or FilesSettings(), inspector or Here(), Poison(Ram(Clock()), Clock(), 3), lambda: 0.0
    )
    return answered(check, content)


def answered(check: InspectionCheck, content: Content) -> list[Finding]:
    answer = check.look(Stage.CONTENT, FACTS, content)
    if isinstance(answer, Awaitable):

        async def wait() -> Sequence[Finding]:
            return await answer

        return list(asyncio.run(wait()))
    return list(answer)


def test_a_message_without_files_is_answered_at_once() -> None:
    inspector = Here()
    [finding] = looked(message(), inspector)
    assert (finding.result, inspector.asked) == (Result.CLEAN, [])


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (attached("a.txt"), ["a.txt"]),
        ("Content-Type: application/pdf\r\n\r\n%PDF-1.4", ["part 2"]),
        ("Content-Type: text/plain\r\n\r\n\x7fELF\x01", ["part 2"]),
        ("Content-Type: text/html\r\n\r\n<p>shown</p>", []),
        ("Content-Type: text/plain\r\n\r\nPlease call eval (x) and CreateObject(1).", []),
        ("Content-Type: text/html; name=a.html\r\n\r\n<p>a file</p>", ["a.html"]),
        (
            'Content-Type: image/png; name="a.png"\r\nContent-Disposition: x; filename="b.exe"\r\n\r\nx',
            ["b.exe", "a.png"],
        ),
        (attached("empty.txt", ""), []),
    ],
)
def test_what_may_be_a_file_is_picked_under_all_its_names(part: str, names: list[str]) -> None:
    assert [file.name for _, file in worth_a_look(message(part))] == names


def test_each_trait_is_a_finding_that_names_the_files_and_the_ways_to_them() -> None:
    page = "<html><a download=a href='data:x/y;base64,f0VMRgIBAQA='>x</a></html>"
    content = message(attached("p.html", page), attached("q.js", "eval (x)"))
    findings = {finding.what: finding for finding in looked(content)}
    assert set(findings) == {"file-smuggling", "file-program", "file-script"}
    [program] = findings["file-program"].evidence
    assert program.words() == "p.html › data-0 (elf, 8 octets): a program (elf)"
    assert program.facts()["file"] == "p.html > data-0"
    assert [(part, item.where) for part, item in content.items] == [
        ("2", "p.html"),
        ("2", "p.html › data-0"),
        ("3", "q.js"),
    ]


def test_files_that_hold_nothing_are_told_to_have_been_looked_into() -> None:
    [finding] = looked(message(attached("a.txt"), attached("b.txt")))
    assert (finding.result, finding.evidence[0].words()) == (Result.CLEAN, "looked into 2 files")


def test_a_rule_of_the_administrator_blocks_and_another_lets_be() -> None:
    settings = FilesSettings(
        blocked=(FileRule(name="*.txt", note="no text"),), allowed=(FileRule(name="ok*"),)
    )
    [finding] = looked(message(attached("a.txt"), attached("ok.txt")), settings=settings)
    assert finding.what == "file-blocked"
    assert [evidence.facts()["file"] for evidence in finding.evidence] == ["a.txt"]


def test_an_allowed_file_is_let_be_and_what_it_holds_is_not() -> None:
    page = "<html><script>x</script><a download=a href='data:x/y;base64,f0VMRgIBAQA='>x</a></html>"
    settings = FilesSettings(allowed=(FileRule(name="*.html"),))
    assert [f.what for f in looked(message(attached("p.html", page)), settings=settings)] == ["file-program"]


def test_an_inspector_that_was_not_free_is_no_fault_of_the_message() -> None:
    check = InspectionCheck(
        FilesSettings(), Here(Failed("busy", by_content=False)), Poison(Ram(Clock()), Clock(), 1), lambda: 0.0
    )
    for _ in range(3):
        [finding] = answered(check, message(attached("a.txt")))
        assert finding.what == "inspection-unavailable"


def test_a_content_on_which_inspectors_fail_again_is_poison_whatever_its_header_says() -> None:
    check = InspectionCheck(
        FilesSettings(),
        Here(Failed("it died", by_content=True)),
        Poison(Ram(Clock()), Clock(), 3),
        lambda: 0.0,
    )
    whats = []
    for number in range(3):
        content = message(attached("a.txt"))
        octets = f"X-Try: {number}\r\n".encode() + content.data
        whats += [finding.what for finding in answered(check, Content(len(octets), octets))]
    assert whats == ["inspection-unavailable", "inspection-unavailable", "poison-message"]


def test_more_files_than_are_looked_into_are_told() -> None:
    findings = looked(message(*[attached(f"{n}.txt", str(n)) for n in range(600)]))
    assert f"file-{Trait.UNSEEN}" in [finding.what for finding in findings]


def test_words_of_the_text_are_tried_as_passwords_when_that_is_wanted() -> None:
    inspector = Here()
    check = InspectionCheck(
        FilesSettings(),
        inspector,
        Poison(Ram(Clock()), Clock(), 3),
        lambda: 0.0,
        passwords=passwords_in,
    )
    answered(check, message(attached("a.txt"), body="The password: tulip7"))
    [(_, passwords)] = inspector.asked
    assert passwords[0] == "tulip7"


def test_the_text_that_a_person_reads_is_subject_and_body_without_markup_and_files() -> None:
    page = "Content-Type: text/html\r\n\r\n<p>PIN <b>4711</b></p><style>x</style>"
    content = message(page, attached("a.txt", "not this"))
    octets = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" + content.data
    assert shown_text(Content(len(octets), octets)).split() == ["Grüße", "Hello.", "PIN", "4711"]


def test_where_there_are_rules_the_message_is_looked_at_as_a_whole_even_without_files() -> None:
    inspector = Here()
    check = InspectionCheck(
        FilesSettings(), inspector, Poison(Ram(Clock()), Clock(), 3), lambda: 0.0, whole=True
    )
    plain = Content(26, b"Subject: x\r\n\r\nlighthouse\r\n")
    [finding] = answered(check, plain)
    assert inspector.messages == [plain.data]
    assert finding.what == "file-yara"
    assert finding.evidence[0].words() == "the message (email, 26 octets): a rule matches"
    [clean] = answered(check, Content(12, b"Subject: x\r\n"))
    assert clean.result is Result.CLEAN


def test_without_rules_the_message_is_not_handed_out() -> None:
    inspector = Here()
    looked(message(attached("lighthouse.txt")), inspector)
    assert inspector.messages == [b""]
