"""The inspectors: processes that open what strangers send, with limits on all they can do, and may be killed.

`pool` is the side of the worker, `process` the program that an inspector runs, `question` what goes between them,
`confine` the limits.
"""

from gatepost.gateway.inspector.pool import InspectorPool

__all__ = ["InspectorPool"]
