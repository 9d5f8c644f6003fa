"""Keep the old table up while the wallets decide, as far as it can say it: the way back."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from examples.moving.move import left_in
from examples.moving.old import QUOTAS
from tokenpurse import Wallet
from tokenpurse.buckets import Bucket

__all__ = ["follow", "pair_packs"]


def follow(db: sqlite3.Connection, wallet: Wallet, at: datetime) -> None:
    """Write a wallet into the old table, in the transaction of the caller."""
    view, left = wallet.at(at), left_in(wallet, at)
    plan = view.plan.name
    row = (plan, f"{view.period.start:%Y-%m}", QUOTAS[plan] - left.quota, left.rollover, wallet.id)
    if db.execute("UPDATE users SET plan = ?, month = ?, used = ?, rollover = ? WHERE id = ?", row).rowcount == 0:
        db.execute("INSERT INTO users (plan, month, used, rollover, id) VALUES (?, ?, ?, ?, ?)", row)
    db.execute("DELETE FROM reservations WHERE user = ?", (wallet.id,))
    holds = [(hold.id, wallet.id, hold.amounts["tokens"], _text(hold.until)) for hold in view.holds()]
    db.executemany("INSERT INTO reservations (id, user, tokens, until) VALUES (?, ?, ?, ?)", holds)
    _write_packs(db, wallet, at)


def pair_packs(db: sqlite3.Connection, wallet: Wallet) -> None:
    """Note which bucket is which pack, of those that both have got since."""
    for bucket in _unknown(db, wallet):
        db.execute(
            "INSERT INTO moved_packs (number, wallet, bucket) SELECT number, user, ? FROM packs"
            " WHERE user = ? AND payment = ? AND number NOT IN (SELECT number FROM moved_packs) LIMIT 1",
            (bucket.id, wallet.id, bucket.payment),
        )


def _write_packs(db: sqlite3.Connection, wallet: Wallet, at: datetime) -> None:
    for bucket in _unknown(db, wallet):
        row = (wallet.id, _text(bucket.starts), _last_day(bucket), bucket.granted_steps, _cents(bucket), bucket.payment)
        statement = "INSERT INTO packs (user, bought, ends, size, rest, cents, payment) VALUES (?, ?, ?, ?, 0, ?, ?)"
        number = db.execute(statement, row).lastrowid
        db.execute("INSERT INTO moved_packs VALUES (?, ?, ?)", (number, wallet.id, bucket.id))
    db.execute(  # those that are used up are no buckets any more; those that are over stay as they were
        "UPDATE packs SET rest = 0 WHERE user = ? AND (ends IS NULL OR ends >= ?)", (wallet.id, f"{at:%Y-%m-%d}")
    )
    rests = [(bucket.there_steps, _last_day(bucket), wallet.id, bucket.id) for bucket in _packs(wallet)]
    db.executemany(
        "UPDATE packs SET rest = ?, ends = ?"
        " WHERE number = (SELECT number FROM moved_packs WHERE wallet = ? AND bucket = ?)",
        rests,
    )


def _unknown(db: sqlite3.Connection, wallet: Wallet) -> list[Bucket]:
    known = {bucket for (bucket,) in db.execute("SELECT bucket FROM moved_packs WHERE wallet = ?", (wallet.id,))}
    return [bucket for bucket in _packs(wallet) if bucket.id not in known]


def _packs(wallet: Wallet) -> list[Bucket]:
    """List what the old table would have as packs: what was bought, and what was given."""
    buckets = wallet.at(wallet.clock).buckets("tokens")
    return [bucket for bucket in buckets if bucket.kind not in {"quota", "rollover"} and bucket.started]


def _last_day(bucket: Bucket) -> str | None:
    """Say an end as a day: the old table knows no hours, and leaves a few too many rather than too few."""
    return None if bucket.expires is None else f"{bucket.expires - timedelta(microseconds=1):%Y-%m-%d}"


def _cents(bucket: Bucket) -> int | None:
    return None if bucket.paid is None else bucket.paid.steps // 10_000


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
