"""Domain names as authentication compares them: one the other, or below it."""

from __future__ import annotations


def is_within(name: str, domain: str) -> bool:
    """Tell whether `name` is the domain or stands below it; both in lower-case A-labels."""
    return name == domain or name.endswith("." + domain)
