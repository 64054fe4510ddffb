"""Search for fields that break the reading of Authentication-Results, or what is written of them."""

from __future__ import annotations

from gatepost.mail.fields import Field, Header, split
from gatepost.mailauth.results import (
    MAX_PROPERTIES,
    MAX_RESULTS,
    MAX_VALUE,
    MethodResult,
    Property,
    claims,
    read,
    write,
)


def target(data: bytes) -> None:
    """Any field is read within bounds, any text that is written stays in its place, forgeries are found."""
    found = read(data)
    assert len(found.results) <= MAX_RESULTS
    for result in found.results:
        assert result.method
        assert len(result.properties) <= MAX_PROPERTIES
    field = Field("authentication-results", b"Authentication-Results:" + data)
    claimed = claims(Header((field,), 0), ["mx.example.org"])
    if found.authserv_id.lower() == "mx.example.org":
        assert claimed

    text = data.decode("utf-8", "replace")
    written = write("mx.example.org", [MethodResult("x", "y", text, (Property("a", "b", text),), text)])
    assert written.isascii()
    assert max(map(len, written.split(b"\r\n"))) <= 998
    (only,) = split(written + b"\r\n").fields
    assert only.raw == written
    again = read(only.value)
    safe = "".join(c if " " <= c <= "~" else "?" for c in text[:MAX_VALUE])
    expected = MethodResult("x", "y", safe, (Property("a", "b", safe),), " ".join(safe.split()))
    assert (again.authserv_id, again.results, again.problems) == ("mx.example.org", (expected,), ())
