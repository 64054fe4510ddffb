"""Times, sizes and foreign words, made fit for a page.

What is shown comes from strangers: `shown` keeps control characters and text-direction tricks off the page
(markup itself is escaped by the templates). Knows nothing of records or requests.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_KEPT: Final = frozenset("\n\u200d")  # line ends are laid out by the templates; U+200D joins emoji
_DAY: Final = 86_400.0


def shown(value: object) -> object:
    """Replace characters of a text that cannot be seen or that reorder others; leave other values alone."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.isprintable():
        return value
    return "".join(c if c.isprintable() or c in _KEPT else "\N{REPLACEMENT CHARACTER}" for c in value)


def cut(text: str, length: int) -> str:
    """Shorten a text to `length` characters, with an ellipsis when something was left out."""
    return text if len(text) <= length else text[: length - 1] + "…"


def clock_time(seconds: float, now: float) -> str:
    """Write a time of day in UTC, with the date when it is not the day of `now`."""
    then = datetime.fromtimestamp(seconds, UTC)
    if then.date() == datetime.fromtimestamp(now, UTC).date():
        return then.strftime("%H:%M:%S")
    return then.strftime("%Y-%m-%d %H:%M:%S")


def exact_time(seconds: float) -> str:
    """Write a time as RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def step_time(seconds: float) -> str:
    """Write a time of day in UTC to the millisecond, for a line of a dialogue."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M:%S.%f")[:-3]


def span(seconds: float) -> str:
    """Write a length of time in its largest fitting unit: "0.4 s", "12 minutes", "3 hours", "2 days"."""
    seconds = abs(seconds)
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} seconds"
    for unit, name, most in ((60.0, "minute", 60), (3600.0, "hour", 48)):
        if (count := round(seconds / unit)) < most:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return f"{round(seconds / _DAY)} days"


def size(octets: int) -> str:
    """Write a size in decimal units, as mail systems' limits are read: "612 octets", "12 KB", "3.4 MB"."""
    if octets < 1000:
        return "1 octet" if octets == 1 else f"{octets} octets"
    if octets < 999_500:
        return f"{octets / 1000:.0f} KB"
    return f"{octets / 1_000_000:.1f} MB"


def path(address: str) -> str:
    """Write a path of the envelope; the empty one, of delivery reports, as `<>`."""
    return address or "<>"


def spoken(name: str) -> str:
    """Turn an id such as `virus-found` or `ip_blocklist` into words."""
    return name.replace("-", " ").replace("_", " ")
