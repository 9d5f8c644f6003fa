"""G · an organization's knowledge graph: a monthly pool, pay-as-you-go beyond it, and a limit that caps the bill."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from attrs import evolve
from rich.console import Console

from examples.systems import on
from examples.terminal import Story, Title, console, figure, gauge, heading, used_bar
from tokenpurse import Alert, Allowance, Bound, Catalogue, Limit, PayAsYouGo, Plan, Price, View, Wallet, periods

# --- plans ---
# Invented: all pools, and Forest's price, which is agreed with each customer.
MONTH = periods.subscription_month()
FREE = [Price(action, Decimal(0)) for action in ("sync", "search", "view")]
SHARES = {"75 %": Decimal("0.75"), "90 %": Decimal("0.90"), "100 %": Decimal(1)}
NOTICES = [Alert(name, "used", at_or_above=Bound("limit", share)) for name, share in SHARES.items()]
LIMIT = Limit("token_limit", Bound("allowance"))  # the pool, so that no charge can arise until a higher one is chosen
SAPLING = Plan("sapling", allowances=[Allowance(1_000)], prices=FREE, period=MONTH, upgrades_to={"tree"})


def paying(name: str, pool: int, price: int, **more: Any) -> Plan:
    over = [PayAsYouGo(Decimal(price), per=1_000)]
    return evolve(
        SAPLING, name=name, allowances=[Allowance(pool)], pay_as_you_go=over, limits=[LIMIT], alerts=NOTICES, **more
    )


TREE = paying("tree", 10_000, 3, rank=1, upgrades_to={"grove"})
GROVE = paying("grove", 20_000, 2, rank=2, upgrades_to={"forest"})
FOREST = paying("forest", 100_000, 1, rank=3, upgrades_to=set())
PLANS = Catalogue([SAPLING, TREE, GROVE, FOREST])
# --- end of plans ---

TITLE = Title("G", "knowledge graph", "pay-as-you-go under a token limit")


def _bill(view: View) -> str:
    return " + ".join(f"{line.cost}" for line in view.accrued()) or "0.00 USD"


def main(to: Console | None = None) -> int:
    """Play it; gives the number of entries that were replayed."""
    to = to or console()
    heading(
        to,
        TITLE,
        "Tree: a pool of 10,000 tokens a month from the day of subscribing, then 3 USD per 1,000, up to the limit that"
        " the organization sets.",
    )
    columns = [gauge(width=15), used_bar(heading="used: pool │ pay-as-you-go"), figure("so far", 10, _bill)]

    story = Story(to, "a limit of 20,000: use goes on, and is billed", columns)
    wallet = story.tell("subscribe to tree", Wallet.open("tree", catalogue=PLANS, id="org", at=on(1, 17)))
    wallet = story.tell("set the limit: 20,000", wallet.set_limit("token_limit", 20_000, at=on(1, 18)))
    wallet = story.tell("use 9,000", wallet.spend(9_000, at=on(1, 30)))
    wallet = story.tell("use 3,345", wallet.spend(3_345, at=on(2, 8)))
    wallet = story.tell("the billing date", wallet.advance(on(2, 17)))
    entries = story.end(wallet)

    story = Story(to, "the limit is the pool: no charge, but a pause", columns)
    wallet = story.tell("subscribe to tree", Wallet.open("tree", catalogue=PLANS, id="org", at=on(1, 17)))
    wallet = story.tell("use 7,499", wallet.spend(7_499, at=on(1, 24)))
    wallet = story.tell("use 1", wallet.spend(1, at=on(1, 25)))
    wallet = story.tell("use 2,500", wallet.spend(2_500, at=on(2, 2)))
    story.refused("chat: use 1", on(2, 2), partial(wallet.spend, 1, at=on(2, 2)))
    wallet = story.tell("search, at no cost", wallet.spend(1, "search", at=on(2, 2)))
    wallet = story.tell("set the limit: 12,000", wallet.set_limit("token_limit", 12_000, at=on(2, 3)))
    wallet = story.tell("chat: use 1,500", wallet.spend(1_500, at=on(2, 3)))
    wallet = story.tell("the billing date", wallet.advance(on(2, 17)))
    entries += story.end(wallet)

    story = Story(to, "sapling has no pay-as-you-go", columns)
    wallet = story.tell("start on sapling", Wallet.open("sapling", catalogue=PLANS, id="new", at=on(1, 17)))
    wallet = story.tell("use 1,000", wallet.spend(1_000, at=on(1, 20)))
    story.refused("use 1", on(1, 20), partial(wallet.spend, 1, at=on(1, 20)))
    wallet = story.tell("upgrade to tree", wallet.change_plan("tree", at=on(1, 21)))
    return entries + story.end(wallet)


if __name__ == "__main__":
    main()
