"""Entries as a beancount journal: one transaction for each entry, and what the wallet says as balance assertions.

Two ledgers in one. In units (tokens, credits: a commodity each) it says what the customer may still claim, and why that
changed: issued, held, used, expired, forfeited. In money it says what was paid, what of it is deferred, and what is
revenue: of each bucket that was paid for, as much of its price as is gone of it.

The transactions are made of movements and facts of entries alone. The assertions are read off replayed wallets, so that
one is checked against the other. Subscription fees are not here: the host collects them elsewhere.

This module writes text; it needs no beancount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import TypeAlias

from attrs import define, field

from examples.accounting.names import Commodities, account_of
from examples.accounting.revenue import Deferred, deferred_in
from tokenpurse import Movement, Wallet, movements, replay, verify
from tokenpurse import entries as e
from tokenpurse.buckets import Debt
from tokenpurse.errors import UnknownNameError
from tokenpurse.notices import Bill
from tokenpurse.units import Unit

__all__ = ["journal"]

ISSUED = ("auto_top_up", "bonus", "bought", "brought", "granted", "received")
COUNTERS = {
    "captured": "Equity:{}:Used",
    "clawed_back": "Equity:{}:ClawedBack",
    "expired": "Equity:{}:Expired",
    "forfeited": "Equity:{}:Forfeited",
    "refunded": "Equity:{}:Used",
    "reinstated": "Equity:{}:ClawedBack",
    "repaid": "Assets:{}:Owed",
    "spent": "Equity:{}:Used",
    "transferred": "Equity:{}:Transferred",
    **{what: f"Equity:{{}}:Issued:{''.join(word.capitalize() for word in what.split('_'))}" for what in ISSUED},
}
"""What stands against a change of what the customer may claim; what only moves inside that has no other side."""

REVENUE = {"clawed_back": "ClawedBack", "expired": "Expired", "forfeited": "Forfeited", "reinstated": "ClawedBack"}
"""Where what is not deferred any more goes; anything else is use."""

Posting: TypeAlias = tuple[str, str, int, int]
"""Account, commodity, steps and the places that they are counted in."""

Place: TypeAlias = tuple[str, str, int]
"""The same without the steps."""


def journal(ledgers: Iterable[tuple[Wallet, Sequence[e.Entry]]]) -> str:
    """Write wallets' entries, each from its opening on, as a journal that `bean-check` accepts.

    After each day it asserts what that day changed of what is left, held, deferred and billed, and in the end all there
    is of that, with all that was ever issued and used; what is deferred only while no hold stands on a bucket that is
    over. The wallets are bound to their plans.

    Raises:
        HistoryError: a wallet is not what its entries say.
        ValueError: two wallets whose ids would give their accounts one name, or two units that would be one commodity.
    """
    books: dict[str, _Journal] = {}
    commodities = Commodities()
    for wallet, entries in ledgers:
        verify(wallet, entries)
        owner = account_of(wallet.id)
        if owner in books:
            message = f"the accounts of wallet {wallet.id} would be those of another one: {owner}"
            raise ValueError(message)
        books[owner] = _Journal(owner, commodities)
        books[owner].write(wallet, entries)
    accounts: dict[str, date] = {}
    for account, day in (opened for book in books.values() for opened in book.accounts.items()):
        accounts[account] = min(day, accounts.get(account, day))
    opened = [f"{day} open {account}" for account, day in sorted(accounts.items())]
    return "\n".join([*opened, *(line for book in books.values() for line in ["", *book.lines]), ""])


@define
class _Journal:
    """A wallet's part of the journal while it is written."""

    owner: str
    commodities: Commodities
    deferred: Deferred = field(factory=Deferred)
    bills: dict[str, Bill] = field(factory=dict)
    accounts: dict[str, date] = field(factory=dict)
    booked: set[Place] = field(factory=set)
    today: set[Place] = field(factory=set)
    lines: list[str] = field(factory=list)

    def write(self, wallet: Wallet, entries: Sequence[e.Entry]) -> None:
        """Write transactions and assertions."""
        moved: dict[int, list[Movement]] = {}
        units: dict[str, Unit] = {}
        for movement in movements(entries):
            moved.setdefault(movement.sequence, []).append(movement)
            units[movement.unit.name] = movement.unit
        for place, entry in enumerate(entries, 1):
            self.transaction(entry, moved.get(entry.sequence, []))
            if place < len(entries) and entries[place].at.date() > entry.at.date():
                with suppress(UnknownNameError):  # in the middle of a run, which is booked with its end
                    self.standing(replay(entries[:place]), self.today)
                self.today = set()
        self.standing(wallet, self.booked)
        self.lifetime(wallet, units.values())

    # -- transactions --------------------------------------------------------------------------------------------

    def transaction(self, entry: e.Entry, moved: list[Movement]) -> None:
        """Write what an entry did, if it did anything; each commodity comes to nothing by itself."""
        sums: Counter[Place] = Counter()
        for account, commodity, steps, places in self.postings(entry, moved):
            sums[account, commodity, places] += steps
        self.today |= {place for place, steps in sums.items() if steps}
        self.booked |= self.today
        if not any(sums.values()):
            return
        if self.lines:
            self.lines.append("")
        reasons = ", ".join(dict.fromkeys(movement.what for movement in moved)) or type(entry).__name__
        self.lines.append(f'{entry.at:%Y-%m-%d} * "{reasons}"')
        self.lines.append(f'  entry: "{entry.id}"')
        if entry.ref is not None:
            self.lines.append(f'  ref: "{entry.ref.key}"')
        for (account, commodity, places), steps in sums.items():
            if steps:
                self.accounts.setdefault(account, entry.at.date())
                self.lines.append(f"  {account:<44} {_decimal(steps, places):>18} {commodity}")

    def postings(self, entry: e.Entry, moved: list[Movement]) -> Iterator[Posting]:
        """List both sides of all that an entry did."""
        for movement in moved:
            yield from self.claims(movement, first=isinstance(entry, e.Opened))
        yield from self.uses(entry)
        yield from self.owed(entry)
        yield from self.paid(entry)
        yield from self.earned(entry, moved)
        yield from self.billed(entry)

    def claims(self, movement: Movement, *, first: bool) -> Iterator[Posting]:
        """What the customer may claim, left or held, by kind; and why it changed."""
        commodity, places = self.commodities.of(movement.unit)
        for part in movement.parts:
            kind = account_of(part.kind)
            yield f"Liabilities:{self.owner}:Left:{kind}", commodity, -part.steps, places
            yield f"Liabilities:{self.owner}:Held:{kind}", commodity, -part.held_steps, places
        changed = movement.steps + movement.held_steps
        if changed:
            counter = "Equity:{}:UsedBefore" if first and movement.what == "spent" else COUNTERS[movement.what]
            yield counter.format(self.owner), commodity, changed, places

    def uses(self, entry: e.Entry) -> Iterator[Posting]:
        """Use that no bucket of its unit paid: it was paid at a price, goes on a statement, or is owed."""
        uses = entry.uses if isinstance(entry, e.Spent | e.Captured) else ()
        uses += entry.extra if isinstance(entry, e.Captured) else ()
        for use in (each for whole in uses for each in whole.each()):
            yield from self.other(use.unit, "Equity:{}:Priced", use.priced.quantity if use.priced else 0)
            yield from self.other(use.unit, "Equity:{}:Billed", use.postpaid.asked if use.postpaid else 0)
            yield from self.other(use.unit, "Assets:{}:Owed", use.debt.steps if use.debt else 0)
        for one in entry.undone if isinstance(entry, e.Refunded) else ():
            billed = sum(line.quantity for line in one.billed) + (one.postpaid.asked if one.postpaid else 0)
            yield from self.other(one.unit, "Equity:{}:Priced", -one.priced)
            yield from self.other(one.unit, "Equity:{}:Billed", -billed)
            yield from self.other(one.unit, "Assets:{}:Owed", -one.debt.steps if one.debt else 0)

    def other(self, unit: Unit, account: str, steps: int) -> Iterator[Posting]:
        """Book use against what stands for it."""
        commodity, places = self.commodities.of(unit)
        yield account.format(self.owner), commodity, steps, places
        yield f"Equity:{self.owner}:Used", commodity, -steps, places

    def owed(self, entry: e.Entry) -> Iterator[Posting]:
        """Debt that came or went otherwise than by use and by being paid from buckets."""
        changes: list[tuple[str, int, Iterable[e.Repaid | Debt]]] = [
            ("Equity:{}:Brought", 1, entry.debts if isinstance(entry, e.Opened) else ()),
            ("Equity:{}:ClawedBack", 1, entry.debts if isinstance(entry, e.ClawedBack) else ()),
            ("Equity:{}:ClawedBack", 1, entry.owed if isinstance(entry, e.Captured) else ()),
            ("Equity:{}:ClawedBack", -1, entry.debts if isinstance(entry, e.Reinstated) else ()),
            ("Equity:{}:Billed", -1, entry.billed if isinstance(entry, e.PeriodOpened | e.Closed) else ()),
            ("Equity:{}:Forgiven", -1, entry.forgiven if isinstance(entry, e.PeriodOpened) else ()),
        ]
        for back in entry.claw_backs if isinstance(entry, e.Reinstated) else ():  # others had paid its debt: it is new
            commodity, places = self.commodities.of(back.unit)
            yield f"Equity:{self.owner}:Issued:Reinstated", commodity, back.repaid, places
            yield f"Equity:{self.owner}:ClawedBack", commodity, -back.repaid, places
        for account, sign, debts in changes:
            for debt in debts:
                commodity, places = self.commodities.of(debt.unit)
                yield f"Assets:{self.owner}:Owed", commodity, sign * debt.steps, places
                yield account.format(self.owner), commodity, -sign * debt.steps, places

    def paid(self, entry: e.Entry) -> Iterator[Posting]:
        """Money that came for buckets, went back, or went along with a gift: all of it is deferred at first."""
        for account, kind, money, steps in self.deferred.paid(entry):
            commodity, places = self.commodities.money(money)
            yield account.format(self.owner), commodity, steps, places
            yield f"Liabilities:{self.owner}:Deferred:{account_of(kind)}", commodity, -steps, places

    def earned(self, entry: e.Entry, moved: list[Movement]) -> Iterator[Posting]:
        """What is not deferred any more, as its bucket is used or lost; use that is given back is deferred again."""
        for what, kind, money, steps in self.deferred.earned(entry, moved):
            commodity, places = self.commodities.money(money)
            yield f"Liabilities:{self.owner}:Deferred:{account_of(kind)}", commodity, steps, places
            yield f"Income:{self.owner}:{REVENUE.get(what, 'Used')}:{account_of(kind)}", commodity, -steps, places

    def billed(self, entry: e.Entry) -> Iterator[Posting]:
        """What pay-as-you-go came to is billed by a statement, and paid by its confirmation."""
        for bill in (request for request in entry.requests if isinstance(request, Bill)):
            self.bills[bill.id] = bill
            for total in bill.statement.totals:
                commodity, places = self.commodities.money(total.unit)
                yield f"Assets:{self.owner}:Receivable", commodity, total.steps, places
                yield f"Income:{self.owner}:PayAsYouGo", commodity, -total.steps, places
        paid = self.bills.pop(entry.request, None) if isinstance(entry, e.Confirmed) else None
        for total in () if paid is None else paid.statement.totals:
            commodity, places = self.commodities.money(total.unit)
            yield "Assets:Payments", commodity, total.steps, places
            yield f"Assets:{self.owner}:Receivable", commodity, -total.steps, places

    # -- assertions ----------------------------------------------------------------------------------------------

    def standing(self, wallet: Wallet, places: set[Place]) -> None:
        """Assert of some places what is left, held, deferred and billed, by the wallet's buckets, holds, requests."""
        view, said = wallet.at(wallet.clock), _Said(self.owner, self.commodities)
        for bucket in view.buckets():
            said.add(f"Liabilities:{{}}:Left:{account_of(bucket.kind)}", bucket.unit, -bucket.left_steps)
        for draw in (draw for hold in view.holds() for use in hold.uses for draw in use.all_draws()):
            said.add(f"Liabilities:{{}}:Held:{account_of(draw.kind)}", draw.unit, -draw.steps)
        for bill in (request for request in view.pending() if isinstance(request, Bill)):
            for total in bill.statement.totals:
                said.add_money("Assets:{}:Receivable", total.unit, total.steps)
        deferred = deferred_in(view)
        for money, kind, steps in deferred or ():
            said.add_money(f"Liabilities:{{}}:Deferred:{account_of(kind)}", money, -steps)
        families = ("Left", "Held", "Receivable") if deferred is None else ("Left", "Held", "Receivable", "Deferred")
        asked = tuple(f"{root}:{self.owner}:{family}" for root in ("Assets", "Liabilities") for family in families)
        for place in sorted(place for place in places if place[0].startswith(asked)):
            self.assertion(wallet.clock, place, said.sums.pop(place, 0))
        if places is self.booked and any(said.sums.values()):
            message = f"wallet {wallet.id} has what no entry made: {said.sums}"
            raise RuntimeError(message)

    def lifetime(self, wallet: Wallet, units: Iterable[Unit]) -> None:
        """Assert, of a wallet that knows its plans, all that was issued, used and is owed since it was opened."""
        view, said = wallet.at(wallet.clock), _Said(self.owner, self.commodities)
        for unit in units:
            total = view.lifetime(unit.name)
            said.add("Equity:{}:Issued", unit, unit.steps(total.added) + unit.steps(total.granted))
            said.add("Equity:{}:Used", unit, -unit.steps(total.spent))
            said.add("Assets:{}:Owed", unit, unit.steps(view.debt(unit.name)))
        for place, steps in sorted(said.sums.items()):
            self.assertion(wallet.clock, place, steps)

    def assertion(self, clock: datetime, place: Place, steps: int) -> None:
        """Assert what an account has as the next day begins, to the smallest step."""
        account, commodity, places = place
        day = clock.date() + timedelta(days=1)
        self.accounts.setdefault(account, day)
        self.lines.append(f"{day} balance {account:<44} {_decimal(steps, places):>18} ~ 0 {commodity}")


@define
class _Said:
    """What a wallet says that accounts come to."""

    owner: str
    commodities: Commodities
    sums: Counter[Place] = field(factory=Counter)

    def add(self, account: str, unit: Unit, steps: int) -> None:
        """Add an amount of what the wallet counts."""
        commodity, places = self.commodities.of(unit)
        self.sums[account.format(self.owner), commodity, places] += steps

    def add_money(self, account: str, money: Unit, steps: int) -> None:
        """Add an amount of money itself."""
        commodity, places = self.commodities.money(money)
        self.sums[account.format(self.owner), commodity, places] += steps


def _decimal(steps: int, places: int) -> str:
    """Write steps as a plain number with all its places."""
    digits = f"{abs(steps):0{places + 1}d}"
    whole, part = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if steps < 0 else ''}{whole}{'.' if part else ''}{part}"
