"""The mail object: ids, paths, envelope, trace fields, delivery reports.

Layer 1. Pure values and functions: no I/O, no clock, no settings. Everything above speaks in these types.
"""
