"""Q · a workspace assistant: a monthly quota, and one-time purchases that no reset touches.

A help page's own example allows three readings; each is one line of the plan.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from rich.console import Console

from examples.systems import on
from examples.terminal import Story, Title, console, gauge, heading, used_bar
from tokenpurse import Allowance, Catalogue, Offer, Plan, Wallet, policies

# --- plans ---
SOLD = Offer("tokens", price=Decimal("5.00"), per=2_000_000, buyers={"admin"})
ADDED = Offer("tokens", price=Decimal("5.00"), per=2_000_000, buyers={"account_representative"}, self_service=False)
STARTER = Plan("starter", allowances=[Allowance(100_000)], upgrades_to={"pro"})
PRO = Plan("pro", allowances=[Allowance(2_000_000)], offers=[SOLD], rank=1, upgrades_to={"teams"})
TEAMS = Plan("teams", allowances=[Allowance(10_000_000)], offers=[SOLD], rank=2)
# A custom amount, in a plan of that customer's own; this one is invented.
ENTERPRISE = Plan("enterprise", allowances=[Allowance(50_000_000)], offers=[ADDED], rank=3)
PLANS = Catalogue([STARTER, PRO, TEAMS, ENTERPRISE])

PRINTED = Plan("pro", allowances=[Allowance(2_000_000)], offers=[SOLD], draw=policies.evenly())
PROSE = Plan("pro", allowances=[Allowance(1_000_000)], offers=[SOLD])
QUOTA_FIRST = Plan("pro", allowances=[Allowance(2_000_000)], offers=[SOLD])
# --- end of plans ---

TITLE = Title("Q", "workspace assistant", "monthly quota, one-time purchases")
READINGS = {
    "(a) what its figures add up to: 2,000,000 a month, every bucket drawn evenly": PRINTED,
    "(b) what its sentences say: 1,000,000 a month, quota first": PROSE,
    "(c) what the plans promise: 2,000,000 a month, quota first, as is usual": QUOTA_FIRST,
}


def july(to: Console, reading: str) -> tuple[Wallet, int]:
    """Play the page's example on one reading of the plan, to the morning of 1 August; gives its entries' number too."""
    story = Story(to, reading, [gauge(), used_bar(heading="used: quota │ bought")])
    wallet = story.tell("open on pro", Wallet.open(READINGS[reading], id="acme", at=on(7, 1)))
    wallet = story.tell("use 500,000", wallet.spend(500_000, at=on(7, 14, 9)))
    bought = wallet.top_up("tokens", 1_000_000, at=on(7, 14, 10), payment="pay_1", by="admin")
    wallet = story.tell("an admin buys 1,000,000", bought)
    wallet = story.tell("use 1,000,000 more", wallet.spend(1_000_000, at=on(7, 20, 10)))
    wallet = story.tell("the quota resets", wallet.advance(on(8, 1)))
    return wallet, story.end(wallet)


def who_may_buy(to: Console) -> None:
    """Show who is refused, and where the refusal points."""
    story = Story(to, "who may buy")

    for plan, by in (("starter", "admin"), ("pro", "member"), ("enterprise", "admin")):
        wallet = Wallet.open(plan, catalogue=PLANS, id=plan, at=on(7, 1)).wallet
        buy = partial(wallet.top_up, "tokens", 1_000_000, at=on(7, 2), payment="pay_1", by=by)
        story.refused(f"{plan}: {by} buys", on(7, 2), buy)


def main(to: Console | None = None) -> int:
    """Play it; gives the number of entries that were replayed."""
    to = to or console()
    heading(
        to,
        TITLE,
        "A quota is set anew each month; bought tokens never expire, and no reset touches them. A help page's own"
        " example of this allows three readings; each is one line of the plan, and August tells them apart.",
    )
    entries = sum(july(to, reading)[1] for reading in READINGS)
    who_may_buy(to)
    return entries


if __name__ == "__main__":
    main()
