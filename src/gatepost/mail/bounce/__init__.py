"""Read bounce messages: reports in the form of RFC 3464, and those that were written for people only.

`message` octets go through `parts` (header and text, bounded), `report` (fields for programs) and `free` (words for
people), and come out as a `Bounce`. What a diagnostic means is not known here; no other host is asked anything.
"""

from __future__ import annotations

from gatepost.mail.bounce.reading import read_bounce
from gatepost.mail.bounce.value import Action, Bounce, Failure, Kind

__all__ = ["Action", "Bounce", "Failure", "Kind", "read_bounce"]
