"""The mail object: ids, paths, trace fields, header, delivery reports.

Layer 1. Pure values and functions: no I/O, no clock, no settings. Everything above speaks in these types.
"""
