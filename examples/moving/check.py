"""Check what was moved, apart from the code that moved it: sums by SQL, and each row with its wallet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from attrs import frozen

from examples.moving.move import left_in
from examples.moving.old import Old, moment, usable_until
from examples.storage.sqlite import Store
from tokenpurse import Wallet, verify
from tokenpurse.errors import HistoryError

__all__ = ["Check", "Line", "check"]

MOVED = "IN (SELECT id FROM wallets)"
PRICE = "cents * 10000 * rest / size"  # in millionths, rounded down
FIGURES = {  # the column, its table, whose it is, and what of it still counts
    "users": ("1", "users", "id", "1"),
    "quota used": ("used", "users", "id", "1"),
    "rollover": ("rollover", "users", "id", "1"),
    "packs": ("rest", "packs", "user", "(ends IS NULL OR ends >= :day)"),
    "price of packs, USD/1,000,000": (PRICE, "packs", "user", "(ends IS NULL OR ends >= :day)"),
    "reserved": ("tokens", "reservations", "user", "until > :now"),
}


class Line(NamedTuple):
    """One figure: what the old table says, where that is now, what was not moved, and what is over."""

    figure: str
    old: int
    wallets: int
    not_moved: int
    over: int

    @property
    def agrees(self) -> bool:
        """Whether nothing was lost on the way, and nothing is there twice."""
        return self.old == self.wallets + self.not_moved + self.over


@frozen
class Check:
    """Sums of all, and the rows that differ."""

    lines: tuple[Line, ...]
    rows: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether there is nothing to look into."""
        return not self.rows and all(line.agrees for line in self.lines)

    def __str__(self) -> str:
        head = ("", "old table", "wallets", "not moved", "over")
        rows = [head, *((line[0], *(f"{figure:,}" for figure in line[1:])) for line in self.lines)]
        table = [f"{name:<30}" + "".join(f"{figure:>15}" for figure in figures) for name, *figures in rows]
        return "\n".join([*table, *self.rows])


def check(store: Store, at: datetime) -> Check:
    """Compare the old table with the wallets, right after `move` and before anybody used anything."""
    with store.db:
        store.db.execute("BEGIN")  # one picture of both, which holds nobody up
        sums, rows = _of_wallets(store, at)
        lines = []
        for figure, (column, table, whose, counts) in FIGURES.items():
            row = store.db.execute(
                f"SELECT coalesce(sum({column}), 0),"  # noqa: S608  # names of ours
                f" coalesce(sum({column}) FILTER (WHERE {whose} IS NULL OR NOT {whose} {MOVED}), 0),"
                f" coalesce(sum({column}) FILTER (WHERE {whose} {MOVED} AND NOT {counts}), 0) FROM {table}",
                {"day": f"{at:%Y-%m-%d}", "now": f"{at:%Y-%m-%d %H:%M:%S}"},
            ).fetchone()
            lines.append(Line(figure, row[0], sums[figure], row[1], row[2]))
    return Check(tuple(lines), tuple(rows))


def _of_wallets(store: Store, at: datetime) -> tuple[Counter[str], list[str]]:
    sums: Counter[str] = Counter()
    rows: list[str] = []
    for (id,) in store.db.execute("SELECT id FROM wallets ORDER BY id").fetchall():
        wallet = store.load(id)
        sums["users"] += 1
        for bucket in wallet.at(at).buckets("tokens"):
            if bucket.kind == "quota":
                sums["quota used"] += bucket.granted_steps - bucket.there_steps
            elif bucket.kind == "rollover":
                sums["rollover"] += bucket.there_steps
            else:
                sums["packs"] += bucket.there_steps
                sums["price of packs, USD/1,000,000"] += bucket.price_steps
        sums["reserved"] += left_in(wallet, at).reserved
        rows += [f"{id}: {problem}" for problem in _differing(store, wallet, at)]
    return sums, rows


def _differing(store: Store, wallet: Wallet, at: datetime) -> Iterator[str]:
    """Say what a row and its wallet do not agree about."""
    months = store.db.execute("SELECT month FROM users WHERE id = ?", (wallet.id,)).fetchall()
    if months != [(f"{wallet.at(at).period.start:%Y-%m}",)]:
        yield f"not one row in users, of this month: {months}"
        return
    before, after = Old(store.db).left(wallet.id, at), left_in(wallet, at)
    if before != after:
        yield f"{before} in the old table, {after} in the wallet"
    buckets = {bucket.id: bucket for bucket in wallet.at(at).buckets("tokens")}
    packs = store.db.execute("SELECT number, bucket FROM moved_packs WHERE wallet = ?", (wallet.id,)).fetchall()
    known = {pack.number: pack for pack in Old(store.db).packs(wallet.id, at)}
    for number, id in packs:
        pack, bucket = known.get(number), buckets.get(id)
        if pack is not None and bucket is not None:
            said = (pack.rest, moment(pack.bought), usable_until(pack.ends), pack.payment)
            if said != (bucket.there_steps, bucket.starts, bucket.expires, bucket.payment):
                yield f"pack {number} is not bucket {id}"
        elif (pack is not None and pack.rest) or (bucket is not None and bucket.there_steps):
            yield f"pack {number} is there, or bucket {id}, and not both"
    try:
        verify(wallet, store.entries(wallet.id))
    except HistoryError as error:
        yield str(error)
