"""The wallet: an immutable value, and its verbs. Each takes a moment and gives back a `Change`."""

from __future__ import annotations

from tokenpurse.wallet._wallet import Wallet

__all__ = ["Wallet"]
