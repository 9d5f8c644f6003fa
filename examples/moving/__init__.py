"""From a table of balances to wallets: move, run both, switch over, and leave again if you must.

`python -m examples.moving` tells it. `old` and `plans` are what is yours; the rest is written to be copied and changed.
"""
