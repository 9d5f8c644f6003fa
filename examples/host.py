"""A simulated host: it asks the wallet for each request, buys what its setup says, pays what is requested, and reports.

What it prints of a month comes from the entries alone, the gauge aside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from attrs import define, field
from rich.console import Console
from rich.text import Text

from examples.setups import Setup
from examples.terminal import bar, day, put, used_parts
from examples.traces import Request
from tokenpurse import Catalogue, Change, Plan, Wallet
from tokenpurse.entries import Entry, PeriodOpened, Spent, ToppedUp
from tokenpurse.errors import NotEnough, Refused

__all__ = ["Host", "tally"]

BAR = 40


def tally(entries: Iterable[Entry], meter: str) -> dict[str, int]:
    """Sum what paid for a meter: kinds of bucket; priced and post-paid quantities, which no bucket of it paid."""
    sums: Counter[str] = Counter()
    for entry in entries:
        for use in entry.uses if isinstance(entry, Spent) else ():
            if use.unit.name != meter:
                continue
            for draw in use.draws:
                sums[draw.kind] += draw.steps
            if use.priced is not None:
                sums[f"paid with {use.priced.paid.unit} credits"] += use.priced.quantity
            if use.postpaid is not None:
                sums["pay-as-you-go"] += use.postpaid.quantity
            if use.debt is not None:
                sums["debt"] += use.debt.steps
    return dict(sums)


@define
class Month:
    """What happened in the running period."""

    entries: list[Entry] = field(factory=list)
    refused: Counter[str] = field(factory=Counter)
    requests: int = 0
    purchases: int = 0


@define
class Host:
    """The host of one wallet. Mutable: it holds the newest version and the ledger."""

    setup: Setup
    size: int
    meter: str
    buyer: str | None
    to: Console
    wallet: Wallet
    entries: list[Entry] = field(factory=list)
    month: Month = field(factory=Month)
    refused_in_all: int = 0
    payments: int = 0
    ends: datetime | None = None

    @classmethod
    def start(cls, setup: Setup, plan: Plan, plans: Catalogue, size: int, first: datetime, to: Console) -> Host:
        """Open the wallet and set what the organization sets."""
        at = first - setup.idle
        allowance = plan.allowances[0] if plan.allowances else None
        meter = "tokens" if allowance is None else str(allowance.unit)
        buyers = [min(offer.buyers) for offer in plan.offers if offer.buyers]
        counts = {part.per: size for part in plan.allowances if part.per}
        opened = Wallet.open(plan.name, catalogue=plans, id="customer", at=at, counts=counts)
        host = cls(setup, size, meter, buyers[0] if buyers else None, to, opened.wallet)
        host.take(opened)
        if plan.limits and setup.limit_percent is not None and allowance is not None:
            limit = int(allowance.amount) * setup.limit_percent // 100
            host.take(host.wallet.set_limit(plan.limits[0].name, limit, at=at, by="admin"))
        return host

    def buy_credits(self, bought: Decimal) -> None:
        """Buy a first balance, and let auto top-up buy as much again whenever two fifths of it are left."""
        at = self.wallet.clock
        self.take(self.wallet.top_up("credits", bought, at=at, payment=self.paid(), by=self.buyer))
        auto = self.wallet.set_auto_top_up(threshold=bought * 2 / 5, purchase=bought, at=at, by=self.buyer)
        self.take(auto)

    # -- using ---------------------------------------------------------------------------------------------------

    def ask(self, request: Request) -> None:
        """Let the wallet pay for a request; refused, buy what the setup allows and ask once more."""
        while self.ends is not None and request.at >= self.ends:
            self.turn(self.ends)
        self.month.requests += 1
        while True:
            try:
                self.take(self.wallet.spend(request.tokens, at=request.at))
            except Refused as refusal:
                if not isinstance(refusal, NotEnough) or not self.buys(request.at):
                    self.refuse(request, refusal)
                    return
            else:
                return

    def refuse(self, request: Request, refusal: Refused) -> None:
        """Count what was not used, and why."""
        self.month.refused[type(refusal).__name__] += request.tokens
        self.refused_in_all += request.tokens

    def buys(self, at: datetime) -> bool:
        """Buy once more, if the setup has purchases left for this month and the plan sells."""
        setup = self.setup
        if setup.offer is None or self.month.purchases >= setup.purchases:
            return False
        try:
            amount = setup.units * self.size
            self.take(self.wallet.top_up(setup.offer, amount, at=at, payment=self.paid(), by=self.buyer))
        except Refused:
            return False
        self.month.purchases += 1
        return True

    def take(self, change: Change) -> None:
        """Go on with the new wallet, keep its entries, and pay what is requested."""
        self.wallet = change.wallet
        entries = change.entries
        self.entries += entries
        self.month.entries += entries
        if any(isinstance(entry, PeriodOpened) for entry in entries) or self.ends is None:
            self.ends = change.view.next_reset()
        for request in change.requests:
            self.take(self.wallet.confirm(request, at=self.wallet.clock, payment=self.paid()))

    def paid(self) -> str:
        """The id of the next payment."""
        self.payments += 1
        return f"pay_{self.payments}"

    # -- months --------------------------------------------------------------------------------------------------

    def turn(self, ends: datetime) -> None:
        """Report the month that ends, and open the next one."""
        self.report(ends)
        entries, payments = len(self.entries), self.payments
        self.month = Month()
        self.take(self.wallet.advance(ends))
        opened = [entry for entry in self.entries[entries:] if isinstance(entry, PeriodOpened)]
        for entry in opened:
            if entry.statement is not None:
                billed = " · ".join(str(line) for line in entry.statement.lines)
                self.line("statement", f"{billed}; paid" if self.payments > payments else billed)
            carried = sum(carry.steps for carry in entry.carried)
            self.lines("carried", f"{carried:,} into the bank" if carried else "")
            self.lines("forfeited", self.lost(entry))

    def end(self, last: datetime) -> None:
        """Report the month that is still running."""
        self.report(last, running=True)

    def report(self, until: datetime, *, running: bool = False) -> None:
        """Print a month: the gauge, who paid, what was refused and bought, and the notices."""
        view, month = self.wallet.at(self.wallet.clock), self.month
        put(self.to, Text(""))
        start = view.period.start
        said = f"{day(start)} {start.year} to {day(until)} {until.year}" + (", still running" if running else "")
        put(self.to, Text.assemble((said, "bold yellow"), f"  {month.requests:,} requests"))
        gauge = Text.assemble((str(view.gauge(self.meter)), "bold"), "  ")
        put(self.to, Text.assemble("  gauge      ", gauge, bar(used_parts(view, self.meter), BAR)))
        drawn = tally(month.entries, self.meter)
        self.line("paid by", " + ".join(f"{tokens:,} {who}" for who, tokens in drawn.items()) or "nothing used")
        self.lines("so far", " · ".join(str(line) for line in view.accrued()) if running else "")
        why = " + ".join(f"{tokens:,} {_WHY.get(name, name)}" for name, tokens in month.refused.items())
        self.line("refused", why or "nothing")
        self.lines("bought", " + ".join(_bought(month.entries)))
        if self.setup.credits:
            self.line("credits", f"{view.balance('USD'):,} USD left")
        notices = Counter(notice.name for entry in month.entries for notice in entry.notices)
        self.line("notices", ", ".join(_counted(name, times) for name, times in notices.items()) or "none")

    def lost(self, entry: PeriodOpened) -> str:
        """Say what a reset took of the meter that is played."""
        lost = {kind: amount for (kind, unit), amount in entry.forfeited_by_kind().items() if unit == self.meter}
        return " + ".join(f"{amount:,} {kind}" for kind, amount in lost.items())

    def line(self, word: str, text: str) -> None:
        """Print a line of a month."""
        put(self.to, Text.assemble("  ", (f"{word:<11}", "dim"), text))

    def lines(self, word: str, text: str) -> None:
        """Print a line where there is something to say."""
        if text:
            self.line(word, text)


_WHY = {"NotEnough": "for want of tokens", "LimitReached": "by the limit"}


def _bought(entries: list[Entry]) -> list[str]:
    """Sum up purchases: how often what, for how much, and whether by hand."""
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if isinstance(entry, ToppedUp):
            by_itself = " by auto top-up" if entry.request is not None else ""
            bucket = entry.bucket
            found[f"{bucket.granted:,} {bucket.unit}", f" for {entry.price}{by_itself}"] += 1
    return [f"{_counted(what, times)}{price}{' each' if times > 1 else ''}" for (what, price), times in found.items()]


def _counted(what: str, times: int) -> str:
    return what if times == 1 else f"{times} x {what}"
