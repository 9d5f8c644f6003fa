"""C · an agent platform: many consumables with allowances, and one balance of prepaid USD credits beyond them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from rich.console import Console

from examples.systems import on
from examples.terminal import Story, Title, console, figure, heading, used_bar
from tokenpurse import Alert, Allowance, AutoTopUp, Bound, Catalogue, Offer, Plan, Price, Wallet, periods

# --- plans ---
# Invented: all figures but 100,000 USD. The free tier has a tenth of these amounts and pays these USD per 500.
GIVEN = {"llm_tokens": 10**6, "api_calls": 10_000, "mcp": 1_000, "email": 500, "sms": 100, "voice": 60, "storage": 10}
USD = {"llm_tokens": "0.0006", "api_calls": "1", "mcp": "2", "email": "0.4", "sms": "15", "voice": "20", "storage": "9"}
STAFF = {"owner", "admin"}
CREDITS = Offer("credits", unit="USD", price=Decimal(1), minimum=Decimal(1), maximum=Decimal(100_000), buyers=STAFF)
AUTO = AutoTopUp(
    "credits",
    threshold_max=Bound("auto_top_up_purchase"),
    setters=STAFF,
    on_success="credit_auto_recharge_triggered",
    on_failure="credit_purchase_failed",
)
BADGE = Alert("low_balance", "left", at_or_below=Decimal(10), unit="USD", notify=False)
LOW = Alert("credit_balance_low", "left", below=Bound("auto_top_up_threshold", otherwise=Decimal(10)), unit="USD")
GONE = Alert("credit_balance_depleted", "left", at_or_below=Decimal(0), unit="USD")


def tier(name: str, parts: int, per: int, **more: Any) -> Plan:
    given = [Allowance(amount // parts, meter) for meter, amount in GIVEN.items()]
    prices = [Price(meter, Decimal(usd), per=per) for meter, usd in USD.items()]
    more |= {"alerts": [BADGE, LOW, GONE], "period": periods.subscription_month()}
    return Plan(name, allowances=given, prices=prices, offers=[CREDITS], auto_top_up=AUTO, **more)


PLANS = Catalogue([tier("free", 10, 500, upgrades_to={"pro"}), tier("pro", 1, 1_000, rank=1)])
# --- end of plans ---

TITLE = Title("C", "agent platform", "prepaid USD credits with auto top-up")


def main(to: Console | None = None) -> int:
    """Play it; gives the number of entries that were replayed."""
    to = to or console()
    heading(
        to,
        TITLE,
        "Each consumable has its allowance; what exceeds it is paid from one balance of credits, which never expire.",
    )
    columns = [
        used_bar("llm_tokens", "llm_tokens used", 15),
        used_bar("sms", "sms used"),
        figure("credits", 9, lambda view: f"{view.balance('USD'):,}"),
        figure("badge", 5, lambda view: "low" if "low_balance" in view.alerts() else ""),
    ]
    story = Story(to, "one month on pro", columns)
    wallet = story.tell("subscribe to pro", Wallet.open("pro", catalogue=PLANS, id="acme", at=on(3, 5)))
    paid = wallet.top_up("credits", Decimal(10), at=on(3, 6), payment="pay_1", by="owner")
    wallet = story.tell("the owner buys 10 USD", paid)
    wallet = story.tell("1,500,000 llm_tokens", wallet.spend(1_500_000, "llm_tokens", at=on(3, 9)))
    wallet = story.tell("300 sms", wallet.spend(300, "sms", at=on(3, 10)))
    story.refused("600 sms", on(3, 10), partial(wallet.spend, 600, "sms", at=on(3, 10)))

    below_5 = partial(wallet.set_auto_top_up, threshold=Decimal(5), purchase=Decimal(50), at=on(3, 12))
    story.refused("a member: auto top-up on", on(3, 12), partial(below_5, by="member"))
    wallet = story.tell("owner: below 5, buy 50", below_5(by="owner"))
    wallet = story.tell("200 sms", wallet.spend(200, "sms", at=on(3, 15)))
    (charge,) = wallet.at(on(3, 15)).pending()
    wallet = story.tell("the charge is paid", wallet.confirm(charge, at=on(3, 15), payment="pay_2"))
    wallet = story.tell("3,300 sms", wallet.spend(3_300, "sms", at=on(3, 20)))
    (charge,) = wallet.at(on(3, 20)).pending()
    wallet = story.tell("the charge is declined", wallet.decline(charge, at=on(3, 20)))
    wallet = story.tell("280 sms", wallet.spend(280, "sms", at=on(3, 20)))
    story.refused("1 llm_tokens: chat blocked", on(3, 20), partial(wallet.spend, 1, "llm_tokens", at=on(3, 20)))
    wallet = story.tell("a day later it asks again", wallet.advance(on(3, 21)))
    (charge,) = wallet.at(on(3, 21)).pending()
    wallet = story.tell("the charge is paid", wallet.confirm(charge, at=on(3, 21), payment="pay_3"))
    wallet = story.tell("the billing month ends", wallet.advance(on(4, 5)))
    totals = wallet.at(on(4, 5)).lifetime("USD")
    story.note("lifetime", f"{totals.added} USD added, {totals.spent} USD spent")
    return story.end(wallet)


if __name__ == "__main__":
    main()
