"""Leaving: what wallets are, as plain rows, and enough of it to open them again."""

from __future__ import annotations

import csv
import io
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from examples.moving import leave
from examples.moving.both import Both
from examples.moving.plans import SHOP
from tests.support.moving import AT, USERS, moved, walk
from tokenpurse import Balance, Wallet
from tokenpurse.view import View


@pytest.fixture
def service() -> Iterator[Both]:
    """Everybody is moved, and the old code decides."""
    with moved() as found:
        yield found


def in_a_table(columns: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(":memory:")) as db:
        leave.to_table(db, "plain", columns, rows)
        return [dict(zip(columns._fields, row, strict=True)) for row in db.execute("SELECT * FROM plain")]


def in_csv(columns: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    file = io.StringIO()
    leave.to_csv(file, columns, rows)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def in_json(_: leave.Columns, rows: Iterator[Any]) -> list[dict[str, Any]]:
    file = io.StringIO()
    leave.to_json(file, rows)
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("form", [in_a_table, in_csv, in_json])
def test_everything_leaves(service: Both, form: Callable[[leave.Columns, Iterator[Any]], list[dict[str, Any]]]) -> None:
    """What is written is what there is, and the history of each comes to it."""
    service.decides = "wallet"
    at = walk(service, random.Random(5), AT, 40)  # noqa: S311  # a story, not a secret
    service.reserve("ann", 70, ref="job-9", until=at + timedelta(minutes=5), at=at)
    service.store.act("ben", lambda wallet: wallet.spend(50_000, at=at, overdraw=True))
    service.advance(at)
    balances = form(leave.BalanceRow, leave.balances(service.store, at))
    history = form(leave.MovementRow, leave.history(service.store))
    for user, *_ in USERS:
        view = service.store.load(user).at(at)
        mine = [row for row in balances if row["wallet"] == user]
        debt = int(view.debt() or 0)
        assert sum(int(row["left"]) for row in mine) == int(view.balance()) - debt
        assert sum(int(row["held"]) for row in mine) == view.held()
        told = [row for row in history if row["wallet"] == user]
        assert sum(int(row["amount"]) for row in told) == int(told[-1]["balance"]) == view.balance()
    assert any(row["kind"] == "debt" for row in balances)
    assert {Decimal(row["paid"]) for row in balances if row["payment"] == "pi_2"} <= {Decimal("9.00")}


def bought(view: View) -> list[tuple[object, ...]]:
    """List what is left of packs, with issue, end and price."""
    packs = (one for one in view.buckets() if one.kind == "top_up" and one.left)
    return sorted((one.starts, str(one.expires), one.left, str(one.paid), str(one.payment)) for one in packs)


def test_what_left_can_arrive_again(service: Both) -> None:
    """The rows are enough to open wallets that have the same to use, with the same ends and prices."""
    at = walk(service, random.Random(6), AT, 10)  # noqa: S311  # a story, not a secret
    for user, *_ in USERS:
        view = service.store.load(user).at(at)
        brought = [
            Balance(
                row.kind,
                row.left,
                row.unit,
                issued=datetime.fromisoformat(row.issued or ""),
                expires=None if row.ends is None or row.kind == "quota" else datetime.fromisoformat(row.ends),
                paid=row.paid,
                payment=row.payment,
            )
            for row in leave.balances(service.store, at, user)
            if row.left or row.kind == "quota"
        ]
        anchor = view.period.start
        again = Wallet.open(view.plan.name, catalogue=SHOP, id=user, at=at, anchor=anchor, balances=brought).view
        assert again.by_kind() == view.by_kind()
        assert bought(again) == bought(view)


def test_a_gift_arrives_for_what_it_was_given(service: Both) -> None:
    """With its priority and its scope; one that has not started is granted anew, with its start."""
    store = service.store
    ends = AT + timedelta(days=9)
    scope = {"model": ["large", "small"], "team": ["art"]}
    store.act("cleo", lambda wallet: wallet.grant(70, kind="promo", priority=5, scope=scope, expires=ends, at=AT))
    store.act("cleo", lambda wallet: wallet.grant(80, kind="promo", starts=AT + timedelta(1), expires=ends, at=AT))
    gift, later = (row for row in leave.balances(store, AT, "cleo") if row.kind == "promo")
    assert (gift.priority, json.loads(gift.scope or "{}"), later.priority, later.scope) == (5, scope, 0, None)
    assert datetime.fromisoformat(later.issued or "") > AT
    brought = Balance("promo", gift.left, expires=ends, priority=gift.priority, scope=json.loads(gift.scope or "{}"))
    again = Wallet.open("pro", catalogue=SHOP, id="cleo", at=AT, balances=[brought]).wallet
    [one] = (bucket for bucket in again.at(AT).buckets() if bucket.kind == "promo")
    [was] = (bucket for bucket in store.load("cleo").at(AT).buckets() if bucket.priority)
    assert (one.scope, one.priority, one.left) == (was.scope, was.priority, was.left)
    starts = datetime.fromisoformat(later.issued or "")
    again = again.grant(later.left, kind=later.kind, starts=starts, expires=ends, at=AT).wallet
    assert again.at(starts).by_kind()["promo"] == 150


def test_nothing_is_left_of_a_table_that_could_not_be_written(service: Both) -> None:
    def rows() -> Iterator[leave.BalanceRow]:
        yield from leave.balances(service.store, AT, "ann")
        raise ValueError

    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        with pytest.raises(ValueError):  # noqa: PT011
            leave.to_table(db, "plain", leave.BalanceRow, rows())
        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
