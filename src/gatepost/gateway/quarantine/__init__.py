"""Messages that policy holds until a person decides: found, looked at, released, deleted.

`holdings` reads beside the gateway. What a person orders goes to the one process that may write the shard (`carrier`,
in the worker), or is carried out at once when none runs (`stopped`).
"""
