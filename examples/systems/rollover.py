"""R · an image generator: fast tokens every month, a bank for what is left of them, and top-ups that stay.

Three balances side by side, and an order of use that is one line of the plan.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from rich.console import Console

from examples.systems import on
from examples.terminal import Story, Title, balance, console, figure, heading
from tokenpurse import Allowance, Bound, Catalogue, Offer, Plan, Rollover, Switch, Wallet, periods, policies

# --- plans ---
# Invented: names, packs, their prices, renewal on the day of subscribing, and that cancelling ends the bank.
FAST = {"small": 8_500, "medium": 25_000, "large": 60_000}
PACKS = [Offer("pack_5000", price=Decimal(5), pack=5_000), Offer("pack_25000", price=Decimal(20), pack=25_000)]
PAID = [
    Plan(
        name,
        allowances=[Allowance(fast)],
        rollovers=[Rollover(bank_max=Bound("allowance", 3))],
        offers=PACKS,
        draw=policies.by_kind("rollover", "quota", "top_up"),  # newer pages: "quota", "rollover", "top_up"
        period=periods.subscription_month(),
        rank=rank,
        cancels_to="free",
        on_cancel=Switch(when="period_end", forfeit={"rollover"}),
    )
    for rank, (name, fast) in enumerate(FAST.items(), 1)
]
FREE = Plan("free", usable={"quota"}, period=periods.subscription_month(), upgrades_to=set(FAST))
PLANS = Catalogue([FREE, *PAID])
# --- end of plans ---


TITLE = Title("R", "image generator", "fast tokens, rollover bank, top-ups")


def bank(to: Console) -> int:
    """Leave a plan unused until the bank is full, then use all three balances at once."""
    story = Story(
        to,
        "the bank stops at 3 x 8,500 = 25,500; then one big month",
        [
            balance("rollover bank", "rollover", 25_500),
            balance("fast", "quota", 8_500, width=12),
            figure("top-up", 8, lambda view: f"{view.by_kind().get('top_up', 0):,}"),
        ],
    )
    wallet = story.tell("subscribe to small", Wallet.open("small", catalogue=PLANS, id="ana", at=on(1, 10)))
    for month in (2, 3, 4, 5):
        wallet = story.tell("renewal, nothing used", wallet.advance(on(month, 10)))
    wallet = story.tell("buy 2 packs", wallet.top_up("pack_25000", 50_000, at=on(5, 11), payment="pay_1"))
    wallet = story.tell("use 40,000", wallet.spend(40_000, at=on(5, 20)))
    wallet = story.tell("renewal", wallet.advance(on(6, 10)))
    return story.end(wallet)


def cancelled(to: Console) -> int:
    """Cancel with top-ups left: they stay to be seen, locked until the customer is back; closing ends everything."""
    story = Story(
        to,
        "after cancelling, top-ups are locked, not lost",
        [
            figure("fast", 8, lambda view: f"{view.by_kind().get('quota', 0):,}"),
            figure("top-up", 8, lambda view: f"{view.by_kind().get('top_up', 0):,}"),
            figure("locked", 8, lambda view: f"{view.locked():,}"),
            figure("spendable", 10, lambda view: f"{view.available():,}"),
        ],
    )
    opened = Wallet.open("small", catalogue=PLANS, id="ben", at=on(1, 10))
    wallet = story.tell("subscribe to small", opened)
    wallet = story.tell("buy a pack", wallet.top_up("pack_5000", 5_000, at=on(1, 11), payment="pay_1"))
    wallet = story.tell("cancel", wallet.change_plan("free", at=on(1, 20)))
    wallet = story.tell("the period ends: free", wallet.advance(on(2, 10)))
    story.refused("use 1", on(2, 11), partial(wallet.spend, 1, at=on(2, 11)))
    again = partial(wallet.top_up, "pack_5000", 5_000, at=on(2, 11), payment="pay_2")
    story.refused("buy a pack", on(2, 11), again)
    wallet = story.tell("subscribe to small again", wallet.change_plan("small", at=on(2, 12)))
    wallet = story.tell("use 10,000", wallet.spend(10_000, at=on(2, 13)))
    wallet = story.tell("delete the account", wallet.close(at=on(2, 14)))
    return story.end(wallet)


def main(to: Console | None = None) -> int:
    """Play it; gives the number of entries that were replayed."""
    to = to or console()
    heading(
        to,
        TITLE,
        "What is left of a month's fast tokens goes to the bank, up to its cap. Order of use: bank, fast, top-up.",
    )
    return bank(to) + cancelled(to)


if __name__ == "__main__":
    main()
