"""Parts of `gatepost explain`: what was given, how it is told, to people and to programs."""
