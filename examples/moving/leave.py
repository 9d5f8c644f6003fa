"""Leave: all that wallets are, as plain rows for a table, a CSV or a JSON file. Nothing is locked in.

Amounts are exact: whole numbers of a meter, and decimals of money, which stay text where a file has no decimals.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, TextIO, TypeAlias

from examples.storage.sqlite import Store
from tokenpurse import Wallet, movements
from tokenpurse.buckets import Bucket
from tokenpurse.codec import dump_wallet
from tokenpurse.units import Amount

__all__ = ["BalanceRow", "MovementRow", "balances", "history", "to_csv", "to_json", "to_table"]


class BalanceRow(NamedTuple):
    """What is there of one bucket, or owed; the sum of `left` and `held` is what the customer has.

    Attributes:
        wallet: whose.
        bucket: its id; of what is owed `debt`.
        kind: of it; `debt` is below zero.
        unit: what it holds.
        granted: all that was ever put into it.
        left: what is there now.
        held: what is set aside of it for open holds.
        issued: when it was given or bought; after the moment that was asked for, it can be used only from then on.
        ends: from when it cannot be used any more; empty: never.
        paid: the price of all of it, and its `currency`; empty: nobody paid for it.
        currency: of the price.
        payment: the payment's id.
        priority: for `policies.by_priority`, lower first.
        scope: for which labels it pays, as JSON; empty: for all use.
    """

    wallet: str
    bucket: str
    kind: str
    unit: str
    granted: Amount
    left: Amount
    held: Amount
    issued: str | None = None
    ends: str | None = None
    paid: Amount | None = None
    currency: str | None = None
    payment: str | None = None
    priority: int = 0
    scope: str | None = None


class MovementRow(NamedTuple):
    """What one fact did to one balance, and the balance after it."""

    wallet: str
    sequence: int
    place: int
    at: str
    what: str
    unit: str
    amount: Amount
    balance: Amount
    ref: str | None
    by: str | None


Columns: TypeAlias = type[BalanceRow] | type[MovementRow]


def balances(store: Store, at: datetime, *ids: str) -> Iterator[BalanceRow]:
    """Give what everybody has, or those that are named."""
    for wallet in _wallets(store, ids):
        view = wallet.at(at)
        for bucket in view.buckets():
            yield _row(wallet, bucket)
        for unit in dump_wallet(wallet)["wallet"]["debts"]:
            debt = view.debt(unit)
            if debt:
                yield BalanceRow(wallet.id, "debt", "debt", unit, -debt, -debt, debt - debt)


def history(store: Store, *ids: str) -> Iterator[MovementRow]:
    """Give how it came to that, wallet by wallet, oldest first."""
    for wallet in _wallets(store, ids):
        for one in movements(store.entries(wallet.id)):
            yield MovementRow(
                one.wallet,
                one.sequence,
                one.place,
                one.at.isoformat(),
                one.what,
                one.unit.name,
                one.amount,
                one.balance,
                one.ref,
                one.by,
            )


def to_table(db: sqlite3.Connection, name: str, columns: Columns, rows: Iterable[BalanceRow | MovementRow]) -> None:
    """Write rows into a new table: all of them or, where one cannot be written, none."""
    with db:
        db.execute("BEGIN")  # if the wallets are in this database, too, it is one picture of them
        db.execute(f"CREATE TABLE {name} ({', '.join(columns._fields)})")
        places = ", ".join("?" * len(columns._fields))
        db.executemany(f"INSERT INTO {name} VALUES ({places})", (tuple(map(_plain, row)) for row in rows))  # noqa: S608


def to_csv(file: TextIO, columns: Columns, rows: Iterable[BalanceRow | MovementRow]) -> None:
    """Write rows below the names of their columns; open the file with `newline=""`."""
    writer = csv.writer(file)
    writer.writerow(columns._fields)
    writer.writerows(rows)


def to_json(file: TextIO, rows: Iterable[BalanceRow | MovementRow]) -> None:
    """Write rows as JSON Lines: one object on each line, so that a large file can be read line by line."""
    for row in rows:
        json.dump({name: _plain(value) for name, value in row._asdict().items()}, file)
        file.write("\n")


def _plain(value: Amount | str | None) -> int | str | None:
    """Write money as text: neither a table nor a file has decimals that stay exact."""
    return value if value is None or isinstance(value, int | str) else str(value)


def _wallets(store: Store, ids: Iterable[str]) -> Iterator[Wallet]:
    rows = store.db.execute("SELECT id FROM wallets ORDER BY id").fetchall()
    for id in ids or (id for (id,) in rows):
        yield store.load(id)


def _row(wallet: Wallet, bucket: Bucket) -> BalanceRow:
    return BalanceRow(
        wallet.id,
        bucket.id,
        bucket.kind,
        bucket.unit.name,
        bucket.granted,
        bucket.left,
        bucket.held,
        bucket.starts.isoformat(),
        None if bucket.expires is None else bucket.expires.isoformat(),
        None if bucket.paid is None else bucket.paid.amount,
        None if bucket.paid is None else bucket.paid.unit.name,
        bucket.payment,
        bucket.priority,
        json.dumps(dict(bucket.scope)) if bucket.scope else None,
    )
