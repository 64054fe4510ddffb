"""What every request must pass and every answer carries, whatever page it is for.

A page on loopback is open to any web site that the administrator's browser visits, unless three doors are
shut: names that a stranger's DNS can point at us (the Host field is checked), scripts that a hostile HELO or
Subject could bring along (Content-Security-Policy, no inline script or style), and methods that could act.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
FIELDS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_TARGET: Final = 4096  # octets of path and query: a reply to explain is at most 2,000 characters

Refusal = Callable[[int, str, str], Response]
"""Make the page for a refused request from a status, a heading and a sentence."""


class Guard:
    """Let through GET and HEAD requests that name this host; put the protecting fields on every answer."""

    def __init__(self, app: ASGIApp, host: str, refuse: Refusal) -> None:
        self._app = app
        self._names = LOOPBACK | {host_name(host)}
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = MutableHeaders(scope=message)
                fields.update(FIELDS)
                # Pages hold mail addresses; the style sheet is ours, and asked for again by its ETag.
                fields["cache-control"] = "no-cache" if scope["path"].startswith("/static/") else "no-store"
            await send(message)

        refusal = self._judge(scope)
        await (refusal or self._app)(scope, receive, send_guarded)

    def _judge(self, scope: Scope) -> Response | None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or host_name(hosts[0]) not in self._names:
            names = ", ".join(sorted(self._names))
            return self._refuse(
                421, "Not the name of this page", f"Open it by the address it listens on: one of {names}."
            )
        if scope["method"] not in {"GET", "HEAD"}:
            page = self._refuse(
                405, "These pages only show", "Nothing can be changed here; only GET is answered."
            )
            page.headers["allow"] = "GET, HEAD"
            return page
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET:
            return self._refuse(414, "Too long", f"An address here has at most {MAX_TARGET} octets.")
        return None


def host_name(host: str) -> str:
    """Take the port off a Host field or a listening address, and the brackets off an IPv6 address."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    if colon and ":" not in name and port.isdigit():
        host = name
    return host.rstrip(".")
