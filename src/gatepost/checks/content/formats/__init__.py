"""What a file holds: a reader for each format in which things hide, all run by the inspector.

A reader gets octets and gives what it sees, one thing after the other; it decides nothing, opens no file, asks
nobody. `format.py` is the contract.
"""
