from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, get_args
from urllib.parse import quote

import apsw
import pytest
from msgspec import structs

from gatepost.checks.evidence import Evidence
from gatepost.checks.finding import Finding, Result, Stage
from gatepost.gateway.dmarc.overview import DomainOverview, Overview
from gatepost.gateway.dmarc.received import Unread
from gatepost.journal.records import Attempt, Reception
from gatepost.mailauth.dmarc import sources
from gatepost.mailauth.dmarc.report import Report
from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.reply import Reply
from gatepost.web.live import MAX_STREAMS, SHOWN
from gatepost.web.pages import MAX_FOUND, MAX_ROWS
from tests.gateway.dmarc.test_received import FAILURE
from tests.mailauth.dmarc.test_sources import report, row
from tests.web import sample
from tests.web.conftest import NOW, Site

VIRUS = f"{sample.session_id(NOW - 300)}-1"
WAITING = f"{sample.session_id(NOW - 40, 10)}-1"
BOUNCED = f"{sample.session_id(NOW - 1100, 9)}-1"
EARLY = sample.session_id(NOW - 900)

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;\u202e"


def test_the_first_page_tells_each_session_and_the_straight_answer(site: Site) -> None:
    status, fields, page = site.get("/")
    assert status == 200
    assert fields["content-type"] == "text/html; charset=utf-8"
    for words in ("Your invoice 2291", "mail.slow.example", "virus found", "Next try", "Refused at RCPT"):
        assert words in page
    assert page.count('class="session"') == 13
    assert "Gatepost does not know where to deliver" in page
    assert "next_hop = [&#34;10.0.0.5:25&#34;]" in page or 'next_hop = ["10.0.0.5:25"]' in page


def test_before_anything_happened_the_first_steps_are_shown(begin: Callable[[], Site]) -> None:
    status, _, page = begin().get("/")
    assert status == 200
    assert "Ready, and nothing has come in yet" in page
    assert "swaks --server 127.0.0.1:2525" in page
    assert 'class="first-steps">' in page
    assert "Gatepost does not know where to deliver" not in page


def test_the_page_shows_a_bounded_number_of_sessions(begin: Callable[[], Site]) -> None:
    site = begin()
    site.happen(*(sample.delivered(NOW - n, node=n) for n in range(2 * SHOWN)))
    page = site.get("/")[2]
    assert page.count('class="session"') == SHOWN
    assert len(page) < 200_000


def test_a_session_shows_its_dialogue_with_each_reply_explained(site: Site) -> None:
    status, _, page = site.get(f"/session/{EARLY}")
    assert status == 200
    for words in ("MIAL FROM:&lt;x@scanner.example&gt;", "550 5.7.1", 'href="/replies/relay-denied"',
                  "Whose move", "elsewhere.example is not a domain of ours", "Only for you"):  # fmt: skip
        assert words in page


def test_a_message_shows_its_story_with_its_report(site: Site) -> None:
    status, _, page = site.get(f"/message/{BOUNCED}")
    assert status == 200
    for words in ("Received", "Refused by", "nobody@example.org", "User unknown in local recipient table",
                  "1 failed", "1 delivered", "Delivery report written", "Given up"):  # fmt: skip
        assert words in page


def test_an_infected_message_names_the_signature_the_engine_and_the_place(site: Site) -> None:
    page = site.get(f"/message/{VIRUS}")[2]
    assert "<bdi>Eicar-Test-Signature in the whole message, found by clamd</bdi>" in page
    assert "Refused while the client was on the line" in page


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/session/../../etc/passwd",
        "/session/0000000000000",
        "/session/35as5fr8g0900-1",
        "/message/35as5fr8g0900",
        "/message/0000000000000-1",
        "/message/%3Cscript%3E",
        "/session/x.json",
        "/replies/no-such-entry",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(site: Site, path: str) -> None:
    status, fields, page = site.get(path)
    assert status == 404
    assert fields["content-type"] == "text/html; charset=utf-8"
    assert "Traceback" not in page
    assert '<a href="/">What is happening now</a>' in page
    assert "<script>" not in page


def test_another_message_of_a_known_session_leads_nowhere(site: Site) -> None:
    assert site.get(f"/message/{VIRUS[:-1]}7")[0] == 404


def test_the_same_facts_come_as_json(site: Site) -> None:
    for path in (f"/message/{VIRUS}.json", f"/session/{VIRUS[:13]}.json"):
        status, fields, text = site.get(path)
        assert (status, fields["content-type"]) == (200, "application/json")
        rows = json.loads(text)
        assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
        (reception,) = [row for row in rows if row["type"] == "reception"]
        assert reception["reply"]["entry"] == "virus-found"
        assert reception["explanation"]["cause"] == "virus"


def test_what_waits_is_listed_with_its_last_reply_explained(site: Site) -> None:
    page = site.get("/queue")[2]
    for words in (
        "Payslip November",
        "10.0.0.6:25 refused the connection",
        "in 21 seconds",
        "lee@example.org",
    ):
        assert words in page


def test_what_is_held_is_listed_with_the_reason(site: Site) -> None:
    page = site.get("/held")[2]
    for words in ("First message through the new gateway", sample.NO_ROUTE, "office@example.net"):
        assert words in page


def test_lists_of_the_spool_are_bounded(begin: Callable[[], Site]) -> None:
    site = begin()
    stories = [sample.held(NOW + n / 1000) for n in range(MAX_ROWS + 5)]
    sample.fill_spool(site.spool / "0", stories)
    page = site.get("/held")[2]
    assert page.count("<tr>") == MAX_ROWS + 1
    assert f"Only the first {MAX_ROWS} are shown" in page


def test_empty_lists_say_that_all_is_well(begin: Callable[[], Site]) -> None:
    site = begin()
    assert "Nothing waits" in site.get("/queue")[2]
    assert "Nothing is held" in site.get("/held")[2]


def test_the_catalogue_shows_every_entry_and_each_has_a_page(site: Site) -> None:
    page = site.get("/replies")[2]
    for entry in ENTRIES:
        assert f'href="/replies/{entry}"' in page
    one = site.get("/replies/virus-check-unavailable")[2]
    assert ENTRIES["virus-check-unavailable"].why in one


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("550", "Whose move"),
        ("451 4.7.1 Greylisted, please try again in 300 seconds", "greylist"),
        ("hello there", "hello there"),
        (HOSTILE, "&lt;script&gt;"),
        ("", "For example"),
        ("5" * 3000, "<h1>"),
    ],
)
def test_any_reply_can_be_asked_about(site: Site, reply: str, words: str) -> None:
    status, _, page = site.get("/explain?q=" + quote(reply))
    assert status == 200
    assert words in page
    assert "<script>" not in page


def test_a_reply_of_ours_leads_to_its_entry_and_its_story(site: Site) -> None:
    page = site.get("/explain?q=" + quote(f"554 5.7.1 Message refused: it contains x (virus-found {VIRUS})"))[
        2
    ]
    assert 'href="/replies/virus-found"' in page
    assert f'href="/message/{VIRUS}"' in page


@pytest.mark.parametrize(
    ("query", "place"),
    [
        (VIRUS, f"/message/{VIRUS}"),
        (VIRUS[:13].upper(), f"/session/{VIRUS[:13]}"),
        ("virus-found", "/replies/virus-found"),
        ("550", "/explain?q=550"),
        ("4.7.1 try later", "/explain?q=4.7.1%20try%20later"),
        ("250-first line", "/explain?q=250-first%20line"),
    ],
)
def test_a_search_goes_where_its_words_belong(site: Site, query: str, place: str) -> None:
    status, fields, _ = site.get("/search?q=" + quote(query))
    assert (status, fields["location"]) == (303, place)


@pytest.mark.parametrize(
    "query", ["invoice", "billing@invoices.example", "198.51.100.77", "<2291@invoices.example>"]
)
def test_other_words_are_looked_for_in_the_journal(site: Site, query: str) -> None:
    status, _, page = site.get("/search?q=" + quote(query))
    assert status == 200
    assert f'href="/message/{VIRUS}"' in page
    assert page.count('class="session"') == 1


@pytest.mark.parametrize("query", ["", "nowhere to be found", HOSTILE, "\\", "%00", "\x00\x01"])
def test_a_search_that_finds_nothing_is_a_page(site: Site, query: str) -> None:
    status, _, page = site.get("/search?q=" + quote(query))
    assert status == 200
    assert "<script>" not in page
    assert 'class="session"' not in page


def test_a_search_is_bounded(begin: Callable[[], Site]) -> None:
    site = begin()
    site.happen(*(sample.delivered(NOW - n, node=n) for n in range(MAX_FOUND + 10)))
    assert site.get("/search?q=partner.example")[2].count('class="session"') == MAX_FOUND


def test_nothing_hostile_gets_onto_a_page_as_markup(begin: Callable[[], Site]) -> None:
    site = begin()
    records = sample.taken(
        NOW, sender=f"{HOSTILE}@x.example", recipients=(HOSTILE, "b@example.org"), subject=HOSTILE, helo=HOSTILE,
        client=HOSTILE,
    )  # fmt: skip
    (reception,) = [r for r in records if isinstance(r, Reception)]
    attempt = sample.attempt(
        NOW + 1, reception.message, (HOSTILE,), "deferred", Reply(451, "4.7.1", HOSTILE), "rcpt"
    )
    held = sample.HeldBack(time=NOW + 2, session=reception.session, message=reception.message,
                           recipients=("b@example.org",), reason=HOSTILE)  # fmt: skip
    story = [*records, attempt, held]
    site.happen(story)
    sample.fill_spool(site.spool / "0", [story])
    for path in ("/", f"/session/{reception.session}", f"/message/{reception.message}", "/held", "/queue",
                 "/search?q=" + quote("b@example.org")):  # fmt: skip
        status, _, page = site.get(path)
        assert status == 200
        assert "<script>" not in page
        assert "<img" not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;" in page or path == "/queue"


def _filled(kind: type[Any]) -> Any:
    """Make evidence of a kind, with hostile words wherever it takes words."""
    made = {
        "str": HOSTILE,
        "tuple[str, ...]": (HOSTILE,),
        "tuple[tuple[str, int], ...]": ((HOSTILE, 2),),
        "tuple[tuple[str, float], ...]": ((HOSTILE, 2.0),),
        "bool": True,
        "int": 1,
        "float": 1.0,
    }
    return kind(**{name: made[hint] for name, hint in kind.__annotations__.items()})


@pytest.mark.parametrize("kind", get_args(Evidence), ids=lambda kind: kind.__name__)
def test_every_kind_of_evidence_stands_on_the_page_of_its_message(
    kind: type[Any], begin: Callable[[], Site]
) -> None:
    site = begin()
    records = sample.taken(NOW)
    (reception,) = [r for r in records if isinstance(r, Reception)]
    seen = Finding(
        check="c", stage=Stage.CONTENT, result=Result.FOUND, name="some-finding", evidence=(_filled(kind),)
    )
    told = structs.replace(reception, findings=(seen,))
    site.happen([told if record is reception else record for record in records])
    status, _, page = site.get(f"/message/{reception.message}")
    assert status == 200
    assert "some-finding" in page
    assert "<script>" not in page
    assert "\u202e" not in page


def test_an_attempt_alone_has_a_story(begin: Callable[[], Site]) -> None:
    site = begin()
    attempt = sample.delivered(NOW)[-1]
    assert isinstance(attempt, Attempt)
    site.happen([attempt])
    assert f"Message {attempt.message}" in site.get("/")[2]
    assert "A message received earlier" in site.get(f"/message/{attempt.message}")[2]


def test_a_message_that_was_begun_but_never_sent_leads_to_its_session(begin: Callable[[], Site]) -> None:
    site = begin()
    begun = [r for r in sample.taken(NOW) if not isinstance(r, Reception)]
    site.happen(begun)
    status, fields, _ = site.get(f"/message/{begun[0].session}-1")
    assert (status, fields["location"]) == (303, f"/session/{begun[0].session}")


def test_a_live_page_is_told_what_happens(site: Site) -> None:
    marker = site.app.state.live.marker()
    connection, response = site.open("/events", fields={"Last-Event-ID": marker})
    assert response.headers["content-type"].startswith("text/event-stream")
    site.happen(sample.delivered(NOW, subject="While you watch", node=77), name="worker2")
    for line in iter(response.readline, b""):
        if b"While you watch" in line:
            break
    else:
        pytest.fail("the stream ended")
    connection.close()


def test_open_streams_are_bounded(site: Site) -> None:
    opened = [site.open("/events") for _ in range(MAX_STREAMS)]
    assert {response.status for _, response in opened} == {200}
    for _, response in opened:
        response.readline()
    status, _, page = site.get("/events")
    assert status == 503
    assert "Too many pages are open" in page
    for connection, _ in opened:
        connection.close()


def test_a_fault_of_ours_is_a_guarded_page_without_its_details(
    begin: Callable[[], Site], caplog: pytest.LogCaptureFixture
) -> None:
    site = begin()
    site.app.state.live.headline = lambda: 1 / 0
    status, fields, page = site.get("/")
    assert status == 500
    assert "This page could not be made" in page
    assert "ZeroDivision" not in page
    assert "default-src 'self'" in fields["content-security-policy"]
    site.stop()
    assert "ZeroDivisionError" in caplog.text


def reported(*reports: Report, unread: tuple[Unread, ...] = ()) -> Overview:
    view = sources.view("good.example", reports, lambda address: address == "192.0.2.1", str)
    domain = DomainOverview(view=view, unproven=1, failures=(FAILURE,), failure_count=1)
    return Overview(since=0, domains=(domain,), unread=unread)


def test_without_an_address_for_reports_the_page_says_how_to_get_some(site: Site) -> None:
    status, _, page = site.get("/reports")
    assert status == 200
    assert "reports_to" in page
    site.reported = lambda _: Overview(since=0, domains=(), unread=())
    assert "Nothing was reported of your domains" in site.get("/reports")[2]


def test_who_sends_in_our_name_is_shown_with_what_to_do_and_hostile_words_stay_words(site: Site) -> None:
    evil = "<script>alert(1)</script>"
    rows = (row("192.0.2.1", 90, spf="pass", dkim="pass"), row("198.51.100.1", 10, by=evil))
    site.reported = lambda _: reported(report(*rows, organization=evil), unread=(Unread(evil, 3),))
    status, _, page = site.get("/reports")
    assert status == 200
    assert "90.0%" in page
    assert "One of your own servers" in page
    assert "sends for you, let it sign for good.example (DKIM)" in page
    assert "SPF does not let this address send for the domain" in page
    assert evil not in page
    assert page.count("&lt;script&gt;") >= 3


def test_the_time_that_is_covered_can_be_chosen_and_nothing_else(site: Site) -> None:
    asked: list[float] = []

    def of(since: float) -> Overview:
        asked.append(NOW - since)
        return reported()

    site.reported = of
    for query in ("", "?days=7", "?days=90", "?days=99999999999", "?days=x"):
        assert site.get(f"/reports{query}")[0] == 200
    assert [round(age / 86_400) for age in asked] == [30, 7, 90, 30, 30]


def test_when_what_was_received_cannot_be_read_it_is_said(site: Site) -> None:
    def broken(_: float) -> Overview:
        raise apsw.BusyError("locked")

    site.reported = broken
    status, _, page = site.get("/reports")
    assert status == 503
    assert "cannot be read just now" in page
