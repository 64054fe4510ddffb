"""The spam classifier: what of a message counts, what was learned from votes, and why a message is taken for spam.

Pure but for `votes.py` and `file.py`, which keep it in files whose folder they are given. `site.py` is the door for
those who teach, `checks/content/spam.py` asks. The way: a message -> `features` -> `model` (a probability) ->
`explaining` (words); a vote -> `votes` (kept, can be undone) -> `learning` -> `file` (a new version of the model).
"""
