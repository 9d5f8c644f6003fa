"""What a customer brings from another system: balances with their original issue, end and price."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from tokenpurse.scopes import Written
from tokenpurse.units import Amount

__all__ = ["Balance"]


@frozen
class Balance:
    """An amount that a wallet opens with. It is checked by `Wallet.open`, which knows the plan and the moment.

    Attributes:
        kind: `quota` (what is left of the running period's), `rollover`, `top_up`, `credit`, `promo`, or a host's own.
        amount: what is left of it, `int` of a meter, `Decimal` of money; may be zero for an allowance's kind only.
        unit: what it holds; the plan's first meter.
        issued: when it was given or bought; the wallet's opening unless given, and not after it.
        expires: from when it cannot be used any more, exclusive; `None`: never. A quota ends with its period,
            or as its allowance's `life` says; with one, what was issued before the running period is kept beside it.
            A rollover with an end stands beside the bank, and no reset carries into it.
        paid: the price paid for what comes along, in the plan's currency, or `None`. Always `None` of what the plan
            refills, the running period's allowance or a rollover: bring what was bought as another kind.
        payment: the payment's id; a late report of it then adds nothing.
        priority: for `policies.by_priority`, lower first.
        scope: it pays only for such use, as of `Allowance`; an allowance's has the plan's, and a rollover none.
    """

    kind: str
    amount: Amount
    unit: str | None = None
    issued: datetime | None = field(default=None, kw_only=True)
    expires: datetime | None = field(default=None, kw_only=True)
    paid: Amount | None = field(default=None, kw_only=True)
    payment: str | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    scope: Written = field(default=(), kw_only=True)
