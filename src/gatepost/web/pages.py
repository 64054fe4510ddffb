"""One function per page: from a request to the facts it is about, to a rendered template.

Functions that read files are plain ones, which Starlette runs in its bounded pool of threads; the live page and its
stream run on the loop. Every list is bounded. Nothing here changes anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

import apsw
import msgspec
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from gatepost.gateway.dmarc.overview import Overview
from gatepost.journal.query import Story, find
from gatepost.journal.render import as_json
from gatepost.mail import ids
from gatepost.mail.clock import Clock
from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.explain import explain
from gatepost.reply.explanation import Context
from gatepost.web.board import Session
from gatepost.web.guard import FIELDS
from gatepost.web.live import MAX_STREAMS, SHOWN, Live
from gatepost.web.stock import Shelved, Stock
from gatepost.web.story import chapters, dialogue, fates

MAX_FOUND: Final = 50
MAX_ROWS: Final = 200
MAX_SOURCES: Final = 50  # of a domain on the page of reports
PERIODS: Final = ("7", "30", "90")  # days that the page of reports can cover
MAX_QUERY: Final = 2000
MAX_LAST_REPLIES: Final = 3
_BEFORE: Final = 60.0  # seconds that a record may be older than the id of its session says (clocks step)
_A_REPLY: Final = re.compile(r"[2-5][0-9]{2}(?:[ -]|$)|[245]\.[0-9]{1,3}\.[0-9]{1,3}(?:\s|$)")
_OURS: Final = re.compile(r"\(([a-z0-9-]{1,40}) ([0-9a-z]{13}(?:-[0-9]{1,9})?)\)")  # what ends our replies
EXAMPLES: Final = (
    "550",
    "451 4.7.1 Greylisted, please try again in 300 seconds",
    "550 5.1.1 <jane@example.org>: Recipient address rejected: User unknown",
    "421 4.7.0 Too many connections from your address",
)


class Pages:
    """The pages of one gateway."""

    def __init__(
        self,
        journal: Path,
        stock: Stock,
        live: Live,
        looks: Environment,
        clock: Clock,
        reports: Callable[[float], Overview | None],
    ) -> None:
        self._journal = journal
        self._stock = stock
        self._live = live
        self._looks = looks
        self._clock = clock
        self._reports = reports

    async def now(self, _: Request) -> Response:
        """Show what comes in and goes out as it happens."""
        await self._live.look()
        await self._live.fresh_totals()
        live = self._live
        return self._page(
            "now.html",
            headline=live.headline(),
            cards=[live.card(session) for session in live.board.latest()],
            marker=live.marker(),
            most=SHOWN,
            quiet=not live.board.version,
        )

    async def events(self, request: Request) -> Response:
        """Stream what changes on the live page."""
        if self._live.streams >= MAX_STREAMS:
            raise HTTPException(503, "Too many pages are open; this one does not follow by itself.")
        marker = request.headers.get("last-event-id") or request.query_params.get("since", "")
        return StreamingResponse(self._live.events(marker), media_type="text/event-stream")

    def session(self, request: Request) -> Response:
        """Show the dialogue of a session, each reply explained."""
        session = request.path_params["id"]
        story = self._story(session, "session")
        return self._page("session.html", dialogue=dialogue(session, story.records))

    def message(self, request: Request) -> Response:
        """Show the story of a message."""
        message = request.path_params["id"]
        story = self._story(message, "message")
        fate = next((f for f in fates(story.records) if f.id == message), None)
        if fate is None:
            return RedirectResponse(f"/session/{story.session}", 303)  # begun, but no content came
        told, omitted = chapters(message, story.records)
        return self._page("message.html", message=fate, chapters=told, omitted=omitted)

    def session_json(self, request: Request) -> Response:
        """Give a session's records as `trace --json` does."""
        session = request.path_params["id"]
        return _json(as_json(self._story(session, "session")))

    def message_json(self, request: Request) -> Response:
        """Give the records of a message's session as `trace --json` does."""
        message = request.path_params["id"]
        return _json(as_json(self._story(message, "message")))

    def held(self, _: Request) -> Response:
        """Show what is held, and why."""
        rows, more = self._stock.held(MAX_ROWS)
        return self._page("held.html", rows=rows, more=more)

    def queue(self, _: Request) -> Response:
        """Show what waits, until when, and what the last reply meant."""
        rows, more = self._stock.waiting(MAX_ROWS)
        return self._page("queue.html", rows=[(row, _last_replies(row)) for row in rows], more=more)

    def reports(self, request: Request) -> Response:
        """Show who sends in the name of our domains, by what others reported."""
        asked = request.query_params.get("days", "")
        days = int(asked) if asked in PERIODS else int(PERIODS[1])
        try:
            found = self._reports(self._clock() - days * 86_400)
        except apsw.Error:
            raise HTTPException(503, "The received reports cannot be read just now.") from None
        return self._page(
            "reports.html",
            found=found,
            days=days,
            periods=[int(period) for period in PERIODS],
            most=MAX_SOURCES,
        )

    def replies(self, _: Request) -> Response:
        """Show the catalogue."""
        return self._page("replies.html", entries=list(ENTRIES.values()))

    def reply(self, request: Request) -> Response:
        """Show one entry of the catalogue."""
        entry = ENTRIES.get(request.path_params["id"])
        if entry is None:
            raise HTTPException(404, "The catalogue has no entry of that name.")
        return self._page("reply.html", entry=entry)

    def explain(self, request: Request) -> Response:
        """Explain any reply."""
        query = _query(request)
        explanation = explain(query) if query else None
        ours = _OURS.search(query)
        return self._page(
            "explain.html",
            query=query,
            explanation=explanation,
            entry=ENTRIES.get(ours[1]) if ours else None,
            about=(_kind(ours[2]), ours[2]) if ours else None,
            examples=EXAMPLES,
        )

    def search(self, request: Request) -> Response:
        """Take a search to where its words belong: an id, a reply, or anything else in the journal."""
        query = _query(request)
        if ids.is_id(query.lower()):
            query = query.lower()
            return RedirectResponse(f"/{_kind(query)}/{query}", 303)
        if query in ENTRIES:
            return RedirectResponse(f"/replies/{query}", 303)
        if _A_REPLY.match(query):
            return RedirectResponse(request.url_for("explain").path + "?" + request.url.query, 303)
        found = find(self._journal, query, limit=MAX_FOUND) if query else []
        sessions = [_session(story) for story in reversed(found)]
        return self._page("found.html", query=query, sessions=sessions, most=MAX_FOUND)

    def refusal(self, status: int, heading: str, sentence: str) -> Response:
        """Make the page for a request that is not served; it looks at nothing that could fail too."""
        page = self._looks.get_template("refusal.html").render(
            status=status, heading=heading, sentence=sentence, totals=self._live.totals
        )
        return HTMLResponse(page, status)

    async def not_served(self, _: Request, error: Exception) -> Response:
        """Make the page for an HTTPException."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        phrase = HTTPStatus(status).phrase
        detail = error.detail if isinstance(error, HTTPException) else ""
        if status == 404 and detail == phrase:
            detail = "There is no page at this address."
        return self.refusal(status, phrase, detail)

    async def failed(self, _: Request, __: Exception) -> Response:
        """Make the page for a fault of ours: the details go to the log, not to the page."""
        page = self.refusal(500, "This page could not be made", "The gateway's log tells what went wrong.")
        page.headers.update(FIELDS)  # said outside of the guard
        return page

    def _story(self, what: str, kind: str) -> Story:
        if not ids.is_id(what) or _kind(what) != kind:
            raise HTTPException(404, f"This is not the id of a {kind}.")
        stories = find(self._journal, what, since=ids.began_at(what) - _BEFORE, limit=1)
        if not stories:
            raise HTTPException(404, f"The journal knows no {kind} {what}.")
        return stories[0]

    def _page(self, template: str, **facts: object) -> Response:
        return HTMLResponse(self._looks.get_template(template).render(totals=self._live.totals, **facts))


def _session(story: Story) -> Session:
    session = Session(story.session, story.records[0].time)
    for record in story.records:
        if record.session == story.session:
            session.apply(record)
    return session


def _last_replies(row: Shelved) -> list[tuple[str, str]]:
    """Give the different last replies about a message's recipients, each with what it means."""
    different = list(dict.fromkeys(r.last_reply for r in row.message.recipients if r.last_reply))
    heard = Context(direction="received")
    return [(reply, explain(reply, heard).meaning) for reply in different[:MAX_LAST_REPLIES]]


def _kind(any_id: str) -> str:
    return "message" if "-" in any_id else "session"


def _query(request: Request) -> str:
    return request.query_params.get("q", "").strip()[:MAX_QUERY]


def _json(value: object) -> Response:
    return Response(msgspec.json.format(msgspec.json.encode(value)), media_type="application/json")
