"""Token accounting without I/O.

A wallet is a value; a verb takes a wallet and a moment and gives back a new wallet, the ledger entries to store, the
notices to send and the requests to act on.

The daily nouns are here, with the modules that plans and their handlers are written with: `periods`, `policies` and
`errors`. Other families are imported from their own: `entries`, `notices`, `statements`, `units`, `buckets`.
"""

from __future__ import annotations

from tokenpurse import errors, periods, policies
from tokenpurse.arrivals import Balance
from tokenpurse.change import Change
from tokenpurse.movements import movements, recent_movements
from tokenpurse.pairs import GiftPair, PoolPair, available_from_pool, spend_from_pool, transfer
from tokenpurse.plans import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Catalogue,
    Count,
    LateUse,
    Life,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Tier,
)
from tokenpurse.readings import Gauge, Lifetime, LimitUse, Movement, MovementPart, Quote
from tokenpurse.replay import as_of, replay, verify
from tokenpurse.view import View
from tokenpurse.wallet import Wallet

__all__ = [
    "Alert",
    "Allowance",
    "AtZero",
    "AutoTopUp",
    "Balance",
    "Bound",
    "Catalogue",
    "Change",
    "Count",
    "Gauge",
    "GiftPair",
    "LateUse",
    "Life",
    "Lifetime",
    "Limit",
    "LimitUse",
    "Movement",
    "MovementPart",
    "Offer",
    "OnDebt",
    "PayAsYouGo",
    "Plan",
    "PoolPair",
    "Price",
    "Quote",
    "Renewal",
    "Rollover",
    "Switch",
    "Tier",
    "View",
    "Wallet",
    "as_of",
    "available_from_pool",
    "errors",
    "movements",
    "periods",
    "policies",
    "recent_movements",
    "replay",
    "spend_from_pool",
    "transfer",
    "verify",
]


def __dir__() -> list[str]:
    return list(__all__)
