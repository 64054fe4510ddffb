"""Reading logs from where they are: files plain or compressed, standard input, a log that still grows.

`sources` opens and tells what could not be read, `workers` counts over processes, `follow` waits for more. What a
line says is `maillog`'s, what a reply means `reply.explain`'s; nothing here is shown to people.
"""
