"""The engine: decide, then apply.

`book` holds the facts. `frame` is what follows from facts and plan. `funding`, `opening` and the `decide_*` modules
answer a verb with one entry and change nothing. `apply` is the only code that makes a new book; it never refuses.
`settle` does what time does, `watch` adds notices and requests, `act` walks one verb through all of them.
Nobody outside the package imports from here.
"""
