"""A message as a scanner must see it: every part that any mail client could open, and every doubt about what it is.

`view` (in `view.py`) is the door. A mail client picks one reading of a broken message; whoever picks another than
the scanner can hide things from it. So nothing is picked here: where two readings are possible both are in the tree,
and the doubt is an `Ambiguity`. Pure; no I/O. Under the content checks; it decides nothing.
"""

from __future__ import annotations

from gatepost.mail.mime.ambiguity import Ambiguity, Trick
from gatepost.mail.mime.part import Origin, Part
from gatepost.mail.mime.view import View, view

__all__ = ["Ambiguity", "Origin", "Part", "Trick", "View", "view"]
