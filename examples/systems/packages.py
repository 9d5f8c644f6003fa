"""P · a website chatbot: packages of 5,000 tokens, renewed on the 1st of each month until they are cancelled."""

from __future__ import annotations

from decimal import Decimal

from rich.console import Console

from examples.systems import on
from examples.terminal import Story, Title, console, figure, gauge, heading, used_bar
from tokenpurse import Alert, Allowance, Bound, Plan, Price, Wallet

# --- plans ---
CHATBOT = Plan(
    "chatbot",
    allowances=[Allowance(5_000, per="packages")],
    prices=[Price("conversation", 2_000, unit="tokens")],  # what a typical one takes
    alerts=[
        Alert("low", "left", below=Bound("allowance", Decimal("0.20"))),
        Alert("depleted", "left", at_or_below=0),
    ],
)
# --- end of plans ---

TITLE = Title("P", "website chatbot", "packages of 5,000 tokens")


def main(to: Console | None = None) -> int:
    """Play it; gives the number of entries that were replayed."""
    to = to or console()
    heading(
        to,
        TITLE,
        "Ten packages make 50,000 tokens a month. Before it answers a visitor, the assistant asks one question:"
        " may it act?",
    )
    story = Story(
        to,
        "ten packages, until the end of August",
        [
            gauge(width=15),
            used_bar(heading="used"),
            figure("chats left", 10, lambda view: f"{view.available('conversation')}"),
            figure("act?", 4, lambda view: "yes" if view.can_spend(1) else "no"),
        ],
    )
    opened = Wallet.open(CHATBOT, id="site", at=on(7, 10), counts={"packages": 10})
    wallet = story.tell("10 packages, in full", opened)
    wallet = story.tell("10 days of visitors", wallet.spend(30_000, at=on(7, 20)))
    wallet = story.tell("down to 20 %", wallet.spend(10_000, at=on(7, 24)))
    wallet = story.tell("one more token", wallet.spend(1, at=on(7, 24, 1)))
    wallet = story.tell("all the rest", wallet.spend(9_999, at=on(7, 29)))
    wallet = story.tell("renewal: set anew", wallet.advance(on(8, 1)))
    wallet = story.tell("use 30,000", wallet.spend(30_000, at=on(8, 12)))
    wallet = story.tell("cancel all packages", wallet.set_count("packages", 0, at=on(8, 15)))
    wallet = story.tell("the month ends", wallet.advance(on(9, 1)))
    return story.end(wallet)


if __name__ == "__main__":
    main()
