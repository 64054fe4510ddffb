"""Replies: the type, the catalogue of all that the gateway can say, the explanation of all that anyone says.

Layer 1. Pure values and functions; the knowledge is data in `knowledge/`. Knows no protocol state, no I/O.
"""
