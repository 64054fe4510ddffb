"""Deciding: a pure function of facts, findings and rules.

Layer 4. No I/O, no clock, no settings file: the same inputs give the same disposition, today and in a replay.
"""
