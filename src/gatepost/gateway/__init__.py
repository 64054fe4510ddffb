"""The composition root: settings, start, reload, drain, stop, supervision; the only place that knows all parts.

Layer 7. Reads the settings file, the clock and the environment, and passes them down.
"""
