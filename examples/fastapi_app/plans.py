"""What is sold: two plans, tokens by the million, and which price of the payment provider stands for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from tokenpurse import Alert, Allowance, AutoTopUp, Bound, Catalogue, Limit, Offer, Plan, Renewal, Switch, periods

TOKENS = Offer("tokens", price=Decimal("5.00"), per=1_000_000, minimum=100_000, buyers={"owner"})  # nobody takes cents
BUDGET = Limit("member_budget", per="member", setters={"owner"})  # counts each member, and caps nobody until it is set
LOW = Alert("low", "left", below=Bound("allowance", Decimal("0.2")))

FREE = Plan(
    "free",
    allowances=[Allowance(20_000)],
    offers=[TOKENS],
    limits=[BUDGET],
    alerts=[LOW],
    on_upgrade=Switch(when="now", anchor="restarted"),
    period=periods.subscription_month(),
)
PRO = Plan(
    "pro",
    price=Decimal("20.00"),
    rank=1,
    cancels_to="free",
    renewal=Renewal(grace=timedelta(days=5)),
    allowances=[Allowance(1_000_000, given="on_payment")],
    offers=[TOKENS],
    auto_top_up=AutoTopUp("tokens", cool_down=timedelta(days=1), purchases_max=20, setters={"owner"}),
    limits=[BUDGET],
    alerts=[LOW],
    period=periods.subscription_month(),
)
CATALOGUE = Catalogue([FREE, PRO])


@dataclass(frozen=True)
class Pack:
    """An amount of an offer."""

    offer: str
    amount: int


@dataclass(frozen=True)
class Upgrade:
    """A plan, and its first period with it."""

    plan: str


PRICES: dict[str, Pack | Upgrade] = {
    "price_tokens_1m": Pack("tokens", 1_000_000),
    "price_tokens_5m": Pack("tokens", 5_000_000),
    "price_pro": Upgrade("pro"),
}
"""By the id of the provider's price, in our own configuration: no report says how many tokens somebody gets."""
