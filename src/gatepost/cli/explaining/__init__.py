"""The parts of `gatepost explain`: what was given, and each way to show what it comes to.

`given` tells a code from a reply, a line, a log or a bounce; `rows` gives one line's explanation as a value; `one`,
`board`, `details` and `streams` lay out; `words` has the words they share. Reading files is `cli.reading`'s, what a
line says `maillog`'s, what a reply means `reply.explain`'s.
"""
