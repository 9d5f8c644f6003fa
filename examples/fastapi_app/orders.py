"""What was ordered, at which price, and what is known of the payments for it.

An order is written before the provider hears of it, and is all that a report is compared with. What reports say is
gathered in any order: copies change nothing, and an older report never wins over a newer one.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from tokenpurse.buckets import Money
from tokenpurse.notices import Bill, Charge, RenewalDue, Request

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id       TEXT PRIMARY KEY,
    wallet   TEXT NOT NULL,
    what     TEXT NOT NULL,     -- pack, plan; or what a wallet asked for: charge, renewal, bill
    name     TEXT NOT NULL,     -- of the offer, the plan or the request
    amount   INTEGER,           -- of a pack
    price    INTEGER NOT NULL,  -- in the currency's minor unit
    currency TEXT NOT NULL,
    role     TEXT               -- of whoever ordered, as it was checked then
);
CREATE TABLE IF NOT EXISTS payments (
    id          TEXT PRIMARY KEY,
    order_id    TEXT,              -- NULL: money went back of a payment that is not reported yet
    received    INTEGER,
    currency    TEXT,
    failed      INTEGER NOT NULL DEFAULT 0,
    hard        INTEGER NOT NULL DEFAULT 0,
    refunded    INTEGER NOT NULL DEFAULT 0,
    refunded_at INTEGER NOT NULL DEFAULT 0,
    settled     TEXT               -- declined, booked, unwanted: to be given back; returned: given back
);
CREATE INDEX IF NOT EXISTS payments_settled ON payments (settled);
CREATE TABLE IF NOT EXISTS disputes (
    id      TEXT PRIMARY KEY,
    payment TEXT NOT NULL,
    amount  INTEGER NOT NULL,
    status  TEXT NOT NULL,
    at      INTEGER NOT NULL   -- of the report that says so
);
CREATE INDEX IF NOT EXISTS disputes_payment ON disputes (payment);
CREATE TABLE IF NOT EXISTS customers (
    wallet TEXT PRIMARY KEY,
    id     TEXT NOT NULL       -- the provider's name for who pays
);
"""
ENDED = ("won", "lost", "warning_closed", "prevented")
NOTHING_TAKEN = ("won", "prevented", "warning_needs_response", "warning_under_review", "warning_closed")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody wants to have, or a wallet asked for. Money is in minor units: 500 is five dollars."""

    id: str
    wallet: str
    what: str
    name: str
    amount: int | None = None
    price: int
    currency: str
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What one report of the provider says of a payment; `None`: it says nothing about that.

    Attributes:
        id: the report's own.
        at: when it was made, in seconds.
        payment: what it is about.
        order: what the payment is for.
        received: how much was paid.
        failed, hard: that it was declined, and that trying again cannot help.
        refunded: how much was paid back so far, in all.
        dispute: its id, how much it is about, and its status.
        customer: who paid.
    """

    id: str
    at: int
    payment: str
    order: str | None = None
    received: int | None = None
    currency: str | None = None
    failed: bool = False
    hard: bool = False
    refunded: int | None = None
    dispute: tuple[str, int, str] | None = None
    customer: str | None = None


@dataclass(frozen=True, kw_only=True)
class Payment:
    """All that is known of a payment.

    Attributes:
        gone: how much of it is not ours any more: refunded, or under a dispute that is open or lost.
        disputed: whether a dispute is open.
    """

    id: str
    order: Order | None
    received: int | None
    currency: str | None
    failed: bool
    hard: bool
    settled: str | None
    gone: int
    disputed: bool


def priced(price: Money) -> tuple[int, str]:
    """Write a price for the provider: 5.00 USD are 500 of `usd`."""
    amount = price.amount
    if not isinstance(amount, Decimal):
        raise TypeError(f"{price} is no money")
    return price.unit.to_minor(amount), price.unit.name.lower()


def order_for(request: Request, wallet: str, id: str) -> Order:
    """Write down what a wallet asks for, at the price that it has pinned."""
    match request:
        case Charge(price=asked):
            what = "charge"
        case RenewalDue(price=Money() as asked):
            what = "renewal"
        case Bill(statement=statement):
            what, [asked] = "bill", statement.totals
        case _:
            raise ValueError(f"{request.id} of wallet {wallet} has no price")
    price, currency = priced(asked)
    return Order(id=id, wallet=wallet, what=what, name=request.id, price=price, currency=currency)


def place(db: sqlite3.Connection, order: Order) -> bool:
    """Write an order down before the provider hears of it; `False`: it was there already."""
    row = (order.id, order.wallet, order.what, order.name, order.amount, order.price, order.currency, order.role)
    statement = (
        "INSERT INTO orders (id, wallet, what, name, amount, price, currency, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING"
    )
    return db.execute(statement, row).rowcount == 1


def find(db: sqlite3.Connection, id: str | None) -> Order | None:
    """Read an order."""
    statement = "SELECT id, wallet, what, name, amount, price, currency, role FROM orders WHERE id = ?"
    row = db.execute(statement, (id,)).fetchone()
    if row is None:
        return None
    id, wallet, what, name, amount, price, currency, role = row
    return Order(id=id, wallet=wallet, what=what, name=name, amount=amount, price=price, currency=currency, role=role)


def learn(db: sqlite3.Connection, report: Report) -> None:
    """Add what a report says to what is known. In the transaction of the caller."""
    db.execute("INSERT INTO payments (id) VALUES (?) ON CONFLICT DO NOTHING", (report.payment,))
    if report.order is not None:
        db.execute("UPDATE payments SET order_id = ? WHERE id = ?", (report.order, report.payment))
    if report.received is not None:
        row = (report.received, report.currency, report.payment)
        db.execute("UPDATE payments SET received = ?, currency = ? WHERE id = ?", row)
    if report.failed:
        db.execute("UPDATE payments SET failed = 1, hard = max(hard, ?) WHERE id = ?", (report.hard, report.payment))
    if report.refunded is not None:
        db.execute(  # in all, so the newest is right; within a second the larger one is
            "UPDATE payments SET refunded = :refunded, refunded_at = :at"
            " WHERE id = :id AND (refunded_at < :at OR (refunded_at = :at AND refunded < :refunded))",
            {"refunded": report.refunded, "at": report.at, "id": report.payment},
        )
    if report.dispute is not None:
        _learn_of_dispute(db, report, *report.dispute)
    order = find(db, report.order)
    if order is not None and report.customer is not None:
        statement = (
            "INSERT INTO customers (wallet, id) VALUES (?, ?) ON CONFLICT (wallet) DO UPDATE SET id = excluded.id"
        )
        db.execute(statement, (order.wallet, report.customer))


def _learn_of_dispute(db: sqlite3.Connection, report: Report, id: str, amount: int, status: str) -> None:
    """Keep how it ended, else the newest; within a second, what takes more."""
    known = db.execute("SELECT amount, status, at FROM disputes WHERE id = ?", (id,)).fetchone()
    if known is None or _rank(*known) < _rank(amount, status, report.at):
        row = (id, report.payment, amount, status, report.at)
        db.execute("REPLACE INTO disputes (id, payment, amount, status, at) VALUES (?, ?, ?, ?, ?)", row)


def _rank(amount: int, status: str, at: int) -> tuple[bool, int, bool, int]:
    return status in ENDED, at, status not in NOTHING_TAKEN, amount


def payment_of(db: sqlite3.Connection, id: str) -> Payment:
    """Read all that is known of a payment; of one that nothing is known of, that."""
    statement = "SELECT order_id, received, currency, failed, hard, refunded, settled FROM payments WHERE id = ?"
    row = db.execute(statement, (id,)).fetchone() or (None, None, None, 0, 0, 0, None)
    order, received, currency, failed, hard, refunded, settled = row
    disputes = db.execute("SELECT amount, status FROM disputes WHERE payment = ?", (id,)).fetchall()
    disputed = sum(amount for amount, status in disputes if status not in NOTHING_TAKEN)
    return Payment(
        id=id,
        order=find(db, order),
        received=received,
        currency=currency,
        failed=bool(failed),
        hard=bool(hard),
        settled=settled,
        gone=min(received or 0, refunded + disputed),
        disputed=any(status not in NOTHING_TAKEN and status not in ENDED for _, status in disputes),
    )


def customer_of(db: sqlite3.Connection, wallet: str) -> str | None:
    """Give the provider's name for who pays for a wallet; `None`: nobody has paid yet."""
    row = db.execute("SELECT id FROM customers WHERE wallet = ?", (wallet,)).fetchone()
    return None if row is None else str(row[0])
