"""Wallets on real databases: each module is one recipe, whole in itself, to be copied and changed.

All of them keep the same three tables, and a `Store` over them that creates, loads, acts and delivers.
"""
