"""Gatepost: a mail gateway that decides while the sender is on the line, and can always say why.

The packages are layers; imports run downward only. `ARCHITECTURE.md` is the map.
"""

__version__ = "0.1.0"
