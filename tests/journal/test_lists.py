"""Lists in DNS as the journal tells of them: when each was ill, and what is to be looked at again."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from gatepost.checks.evidence import Evidence, ListingEvidence, OutageEvidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.journal import lists
from gatepost.journal.lists import Review, Spell, Tally, changes, courses, reviews, states, tally
from gatepost.journal.reader import Skipped
from gatepost.journal.records import AnyRecord, ListChanged, Noted, Reception, Said
from gatepost.policy.disposition import Action, Disposition
from gatepost.reply.reply import Reply

START = 1_795_440_600.0


def change(at: float, *, well: bool, proven: float = 0.0, worker: int = 0, version: int = 4) -> ListChanged:
    return ListChanged(
        time=START + at,
        session="",
        list="The List",
        version=version,
        well=well,
        reason="its test points are right" if well else "it lists everybody",
        proven=START + proven if proven else 0.0,
        worker=worker,
    )


def worker(at: float, event: str, number: int = 0) -> Noted:
    return Noted(time=START + at, session="", event=f"worker-{event}", detail=f"worker {number}")


def finding(*evidence: Evidence, result: Result = Result.CLEAN) -> Finding:
    return Finding(check="dnsbl", stage=Stage.CONNECT, result=result, evidence=evidence)


def listing(address: str = "203.0.113.7", name: str = "The List") -> ListingEvidence:
    return ListingEvidence(name, address, ("127.0.0.2",), "", 1.0)


OUT = OutageEvidence("The List", "left out, for it is ill")


def refused(at: float, *evidence: Evidence) -> Said:
    return Said(
        time=START + at,
        session="35ahjhz1g0700",
        message="35ahjhz1g0700-1",
        stage="rcpt",
        command="RCPT TO:<b@ours.test>",
        reply=Reply(550, "5.7.1", "203.0.113.7 is listed by The List", "client-listed"),
        findings=(finding(*evidence, result=Result.FOUND),),
        disposition=Disposition(action=Action.REJECT, rule="dnsbl-listed"),
    )


def accepted(at: float, *evidence: Evidence, peer: str = "203.0.113.7:4711", code: int = 250) -> Reception:
    return Reception(
        time=START + at,
        session="35ahjhz1g0700",
        message="35ahjhz1g0700-1",
        peer=peer,
        reverse_path="a@client.test",
        recipients=("b@ours.test",),
        size=100,
        reply=Reply(code, "", "Message", "message-accepted"),
        disposition=Disposition(action=Action.RELAY, rule=""),
        findings=(finding(*evidence),),
        subject="Hello",
    )


def write(folder: Path, *records: AnyRecord, name: str = "2026-11-23T133000.000Z-w0") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(each) + b"\n" for each in records))
    return folder


def course(*noted: ListChanged | Noted) -> lists.Course:
    [found] = courses(noted).values()
    return found


def test_a_list_that_is_well_has_no_spell() -> None:
    found = course(change(0, well=True))
    assert (found.state, found.since, found.reason, found.spells) == (
        "well",
        START,
        "its test points are right",
        (),
    )


def test_a_spell_goes_from_falling_ill_to_being_well_again_and_tells_when_the_list_was_last_right() -> None:
    found = course(change(0, well=True), change(900, well=False, proven=600), change(1000, well=True))
    assert found.state == "well"
    assert found.since == START + 1000
    assert found.spells == (
        Spell("The List", 4, START + 900, "it lists everybody", START + 600, START + 1000),
    )


def test_a_spell_that_lasts_has_no_end() -> None:
    found = course(change(900, well=False))
    assert (found.state, found.since) == ("ill", START + 900)
    assert [(spell.ended, spell.doubtful_from) for spell in found.spells] == [(0.0, START + 900)]


def test_of_several_workers_the_first_begins_a_spell_and_the_last_ends_it() -> None:
    found = course(
        change(900, well=False, proven=700, worker=0),
        change(910, well=False, proven=600, worker=1),
        change(1000, well=True, worker=0),
        change(1010, well=True, worker=1),
    )
    [spell] = found.spells
    assert (spell.began, spell.proven, spell.ended) == (START + 900, START + 600, START + 1010)


@pytest.mark.parametrize("event", ["stopped", "started"])
def test_what_a_worker_knew_ends_with_it(event: str) -> None:
    found = course(change(900, well=False), worker(950, event))
    assert (found.state, found.since) == ("unknown", START + 950)
    [spell] = found.spells
    assert spell.ended == START + 950
    other = course(change(900, well=False), worker(950, event, 1))
    assert other.state == "ill"


def test_ip_versions_have_courses_of_their_own() -> None:
    found = states(courses([change(0, well=False, version=6), change(1, well=True)]))
    assert [(version, course.state) for version, course in found["The List"]] == [(4, "well"), (6, "ill")]


def test_changes_are_read_from_all_files_in_order_of_time_and_nothing_else_is(tmp_path: Path) -> None:
    write(tmp_path, change(5, well=True), refused(6, listing()), worker(7, "started"))
    write(tmp_path, change(4, well=False, worker=1), name="2026-11-23T133000.000Z-w1")
    noted = changes(tmp_path, Skipped())
    assert [(type(each), each.time - START) for each in noted] == [
        (ListChanged, 4),
        (ListChanged, 5),
        (Noted, 7),
    ]


def test_decisions_are_counted_and_what_each_list_said(tmp_path: Path) -> None:
    skipped_one = accepted(4)
    skipped_one = msgspec.structs.replace(
        skipped_one, findings=(Finding(check="dnsbl", stage=Stage.CONNECT, result=Result.SKIPPED),)
    )
    write(
        tmp_path,
        refused(1, listing(), OutageEvidence("Other", "late")),
        accepted(2),
        accepted(3, OUT),
        skipped_one,
        change(5, well=True),
        refused(10, listing()),
    )
    decisions, tallies = tally(tmp_path, START, START + 9, Skipped())
    assert decisions == 3
    assert tallies == {"The List": Tally(1, 1), "Other": Tally(0, 1)}


SPELL = Spell("The List", 4, START + 900, "it lists everybody", START + 600, START + 1000)


def review(folder: Path, *records: AnyRecord, spell: Spell = SPELL) -> Review:
    [found] = reviews(write(folder, *records), [spell], START + 5000, Skipped())
    return found


def test_what_a_list_decided_since_it_was_last_right_is_doubtful(tmp_path: Path) -> None:
    other = listing(name="Other")
    found = review(
        tmp_path,
        refused(599, listing()),
        refused(700, listing()),
        refused(701, other),
        refused(702, listing("2001:db8::7")),
        accepted(800, listing()),
        refused(1001, listing()),
    )
    assert [one.record.time - START for one in found.decided] == [700, 800]
    assert found.accepted == ()


def test_what_was_accepted_without_an_ill_list_is_found_and_what_was_refused_is_not(tmp_path: Path) -> None:
    found = review(
        tmp_path,
        accepted(700, OUT),  # it was late, but not ill yet
        accepted(950, OUT),
        accepted(951, OUT, code=550),
        accepted(952, OUT, peer="[2001:db8::7]:4711"),
        accepted(953, OutageEvidence("Other", "late")),
        accepted(954),
    )
    assert [reception.time - START for reception in found.accepted] == [950]
    assert found.decided == ()


def test_a_list_of_domains_has_its_part_in_decisions_about_content(tmp_path: Path) -> None:
    def about(at: float, *evidence: Evidence) -> Reception:
        found = Finding(check="link", stage=Stage.CONTENT, result=Result.CLEAN, evidence=evidence)
        return msgspec.structs.replace(accepted(at), findings=(found,))

    named = about(700, listing("evil.example"))
    spell = Spell("The List", 0, START + 900, "it lists everybody", START + 600, START + 1000)
    found = review(
        tmp_path, named, about(710, listing("192.0.2.1")), about(950, OUT), about(960), spell=spell
    )
    assert [decided.record for decided in found.decided] == [named]
    assert [reception.time for reception in found.accepted] == [START + 950]
    assert tally(tmp_path, START, START + 5000, Skipped())[0] == 3


def test_a_spell_that_lasts_reaches_until_now(tmp_path: Path) -> None:
    lasting = Spell("The List", 4, START + 900, "it lists everybody")
    found = review(tmp_path, accepted(4999, OUT), accepted(5001, OUT), spell=lasting)
    assert [reception.time - START for reception in found.accepted] == [4999]


def test_rows_are_bounded_and_the_rest_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_ROWS", 2)
    found = review(
        tmp_path,
        *[refused(700 + at, listing()) for at in range(5)],
        *[accepted(950 + at, OUT) for at in range(3)],
    )
    assert (len(found.decided), found.more_decided) == (2, 3)
    assert (len(found.accepted), found.more_accepted) == (2, 1)


def test_without_a_journal_nothing_is_known(tmp_path: Path) -> None:
    assert changes(tmp_path / "none", Skipped()) == []
    assert reviews(tmp_path, [], START, Skipped()) == []
