"""How a trace of millions of tokens meets plans of thousands: which plan, how many times as big, and who buys when.

Figures here are invented, so that each system shows its character on any trace: about one month's use is measured, and
the plan is made as big as a fixed share of it. Prices in USD stay as documented.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from types import ModuleType

from attrs import evolve, frozen

from examples.systems import credits, packages, payg, quota, rollover  # noqa: A004  # the systems' names
from examples.traces import Request
from tokenpurse import Allowance, Catalogue, Offer, PayAsYouGo, Plan, Price
from tokenpurse.units import Amount

__all__ = ["SETUPS", "Setup", "catalogue_of", "credit_for", "size_for"]


@frozen(kw_only=True)
class Setup:
    """How the simulated customer of one system behaves.

    Attributes:
        module: where its plans are.
        plan: the one that is played unless another is asked for.
        says: one sentence for the reader.
        percent: how much of an average month's use the plan's monthly tokens are made to cover.
        idle: how long before the first request the customer subscribed.
        offer: what is bought when a request is refused.
        units: how many times the documented purchase is bought at once; it grows with the plan's size.
        purchases: how often a month, at most.
        limit_percent: the limit the organization sets, of the monthly pool.
        credits: whether prepaid credits are bought when the wallet opens, and again by auto top-up.
    """

    module: ModuleType
    plan: str
    says: str
    percent: int
    idle: timedelta = timedelta()
    offer: str | None = None
    units: int = 0
    purchases: int = 0
    limit_percent: int | None = None
    credits: bool = False


SETUPS = {
    "quota": Setup(
        module=quota,
        plan="pro",
        says="A quota for half a month's use; refused, an admin buys half a quota, at most twice a month.",
        percent=50,
        offer="tokens",
        units=1_000_000,
        purchases=2,
    ),
    "rollover": Setup(
        module=rollover,
        plan="large",
        says="Subscribed a month before, unused: the bank is full of it. Then packs are bought, at most one a month.",
        percent=60,
        idle=timedelta(days=31),
        offer="pack_25000",
        units=25_000,
        purchases=1,
    ),
    "packages": Setup(
        module=packages,
        plan="chatbot",
        says="Packages for four fifths of a month's use; with none left the assistant is silent until the renewal.",
        percent=80,
    ),
    "payg": Setup(
        module=payg,
        plan="tree",
        says="A pool for half a month's use, pay-as-you-go beyond it, and a limit at 175 % of the pool.",
        percent=50,
        limit_percent=175,
    ),
    "credits": Setup(
        module=credits,
        plan="pro",
        says="An allowance for a sixth of a month's use, then credits for half a month, bought again and again.",
        percent=16,
        credits=True,
    ),
}


def plans_of(system: str) -> Catalogue:
    """The plans of a system as its example has them: `PLANS`, or the only plan there is."""
    module = SETUPS[system].module
    plans = getattr(module, "PLANS", None)
    return plans or Catalogue([value for value in vars(module).values() if isinstance(value, Plan)])


def month_of(requests: list[Request]) -> int:
    """How many tokens an average 30 days take; all of them where it is less than that."""
    days = max(30, (requests[-1].at - requests[0].at).days)
    return sum(request.tokens for request in requests) * 30 // days


def credit_for(plan: Plan, requests: list[Request]) -> Decimal:
    """How many whole USD pay for half of what a month takes beyond the allowance, at least 1."""
    beyond = max(0, month_of(requests) - int(plan.allowances[0].amount))
    price = plan.prices[0]
    return max(Decimal(1), Decimal(beyond) * price.cost // (2 * price.per))


def size_for(system: str, plan: str | None, requests: list[Request]) -> int:
    """Find how many times as big the plan must be for its share of a month's use: two leading digits, at least 1."""
    setup = SETUPS[system]
    wanted = month_of(requests) * setup.percent // 100
    allowances = plans_of(system).newest(plan or setup.plan).allowances
    exact = max(1, wanted // int(allowances[0].amount)) if allowances and allowances[0].amount else 1
    coarse = 10 ** max(0, len(str(exact)) - 2)
    return exact // coarse * coarse


def catalogue_of(system: str, size: int) -> Catalogue:
    """Make every plan of a system that many times as big. Packages stay what they are: their number is the size."""
    plans = plans_of(system)
    if any(allowance.per for plan in plans for allowance in plan.allowances):
        return plans
    return Catalogue([bigger(plan, size) for plan in plans])


def bigger(plan: Plan, size: int) -> Plan:
    """Multiply all that a plan counts in a meter; bounds that are shares follow by themselves."""
    return evolve(
        plan,
        allowances=[_allowance(part, size) for part in plan.allowances],
        offers=[_offer(part, size) for part in plan.offers],
        prices=[_price(part, size) for part in plan.prices],
        pay_as_you_go=[_post(part, size) for part in plan.pay_as_you_go],
    )


def _times(amount: Amount | None, size: int) -> Amount | None:
    """Multiply what is counted in a meter, and leave money alone."""
    return amount * size if isinstance(amount, int) else amount


def _allowance(part: Allowance, size: int) -> Allowance:
    return evolve(part, amount=_times(part.amount, size))


def _offer(part: Offer, size: int) -> Offer:
    counted = {name: _times(getattr(part, name), size) for name in ("per", "pack", "minimum", "maximum")}
    return evolve(part, **counted)


def _price(part: Price, size: int) -> Price:
    return evolve(part, per=part.per * size) if part.cost else part


def _post(part: PayAsYouGo, size: int) -> PayAsYouGo:
    return evolve(part, per=part.per * size)
