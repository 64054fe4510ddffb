"""The embedded memory: what `checks.memory` asks for, in one SQLite file that the workers of a machine share.

`store` is the front on the event loop and its thread, `file` all SQL and what is done about damage, `secret` the key
by which addresses are hashed.
"""

from gatepost.gateway.memory.secret import secret
from gatepost.gateway.memory.settings import MemorySettings
from gatepost.gateway.memory.store import EmbeddedMemory

__all__ = ["EmbeddedMemory", "MemorySettings", "secret"]
