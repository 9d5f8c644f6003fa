"""Move everybody: one wallet for each row that is in order, and a list of those that are not.

The wallets lie in the same database as the old table, so that a batch is one transaction, and nobody is half moved.
What was moved is what has a wallet: call `move` again after a crash, after rows were mended, or for new rows.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from attrs import define, field

from examples.moving.old import Left, Old, Pack, moment, usable_until
from examples.moving.rows import User, ended, strays, user_of, wrong
from examples.storage.sqlite import Store
from tokenpurse import Balance, Change, Wallet
from tokenpurse.errors import PurseError

__all__ = ["SCHEMA", "Finding", "Report", "left_in", "move", "take_back"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS moved_packs (
    number INTEGER PRIMARY KEY, -- of the pack
    wallet TEXT NOT NULL REFERENCES wallets,
    bucket TEXT NOT NULL, -- what became of the pack
    UNIQUE (wallet, bucket)
);
CREATE TRIGGER IF NOT EXISTS packs_gone AFTER DELETE ON packs BEGIN -- the old code may, and the number comes again
    DELETE FROM moved_packs WHERE number = OLD.number;
END;
CREATE INDEX IF NOT EXISTS packs_payment ON packs (payment); -- whether another pack has it is asked of each
"""


class Finding(NamedTuple):
    """What was not moved, and why."""

    user: str
    problem: str


@define
class Report:
    """What a run of `move` did.

    Attributes:
        moved: how many users.
        findings: what nobody can move as it stands; of a user all, or nothing.
        left: packs that are over, which stay where they are, also those of users who were moved before.
    """

    moved: int = 0
    findings: list[Finding] = field(factory=list)
    left: list[Finding] = field(factory=list)

    def __str__(self) -> str:
        lines = [f"not moved: {one.user}: {one.problem}" for one in self.findings]
        lines += [f"left behind: {one.user}: {one.problem}" for one in self.left]
        return "\n".join([f"{self.moved} moved", *lines])


def move(store: Store, at: datetime, batch: int = 100) -> Report:
    """Move every row that has no wallet yet.

    Args:
        store: over the database that has the old table, too, with the `SCHEMA` of both.
        at: now.
        batch: how many rows are one transaction; the old code waits for that long at most.
    """
    report = Report()
    last: int | None = 0
    while last is not None:
        with store.writing():
            last = _batch(store, at, batch, last, report)
    report.findings += [Finding(*stray) for stray in strays(store.db)]
    report.left += [Finding(*pack) for pack in ended(store.db, at)]
    return report


def _batch(store: Store, at: datetime, size: int, last: int, report: Report) -> int | None:
    """Move the next rows after one; give the last of them, or `None` if there was none."""
    rows = store.db.execute(
        "SELECT rowid FROM users WHERE rowid > ?"
        " AND NOT EXISTS (SELECT 1 FROM wallets WHERE wallets.id = users.id) ORDER BY rowid LIMIT ?",
        (last, size),
    ).fetchall()
    for (row,) in rows:
        user = user_of(store.db, row)
        findings = [Finding(str(user.id), problem) for problem in wrong(store.db, user, at)]
        findings = findings or _move_one(store, row, user, at)
        report.moved += not findings
        report.findings += findings
    return rows[-1][0] if rows else None


def _move_one(store: Store, row: int, user: User, at: datetime) -> list[Finding]:
    old = Old(store.db)
    if old.turn(user.id, at):  # the old code starts the month as it always did
        user = user_of(store.db, row)
    usable = [pack for pack in user.packs if pack.rest and not _over(pack, at)]
    try:
        changes = _opened(store, user, usable, at)
    except PurseError as error:  # what no wallet can be: an id with a blank, more reserved than there is
        return [Finding(user.id, str(error))]
    before, after = old.left(user.id, at), left_in(changes[-1].wallet, at)
    if before != after:
        return [Finding(user.id, f"it would be {after}, and is {before}")]
    store.save(*changes)
    store.db.execute("DELETE FROM outbox WHERE wallet = ?", (user.id,))  # whatever is to be said, the old code has said
    buckets = [bucket.id for bucket in changes[0].wallet.at(at).buckets() if bucket.kind == "top_up"]
    store.db.executemany(
        "INSERT INTO moved_packs VALUES (?, ?, ?)",
        [(pack.number, user.id, bucket) for pack, bucket in zip(usable, buckets, strict=True)],
    )
    return []


def _opened(store: Store, user: User, usable: list[Pack], at: datetime) -> list[Change]:
    """Open a user's wallet with all that there is, and hold what is reserved."""
    balances = [Balance("rollover", user.rollover)] if user.rollover else []
    gone = [pack.payment for pack in user.packs if pack.payment and pack not in usable]
    opened = Wallet.open(
        user.plan,
        catalogue=store.catalogue,
        id=user.id,
        at=at,
        anchor=datetime.strptime(user.month, "%Y-%m").replace(tzinfo=UTC),  # so that the period is the whole month
        used={"tokens": user.used},
        balances=[*balances, *map(_brought, usable)],
        payments=gone,  # they may be reported again
        by="moving",
    )
    changes = [opened]
    for one in user.open_reservations(at):
        wallet = changes[-1].wallet
        changes.append(wallet.hold(one.tokens, at=at, ref=one.id, until=moment(one.until), by="moving"))
    return changes


def _brought(pack: Pack) -> Balance:
    """Say what is left of a pack, since when, until when, and for its share of the price."""
    millionths = None if pack.cents is None else pack.cents * 10_000 * pack.rest // pack.size
    return Balance(
        "top_up",
        pack.rest,
        issued=moment(pack.bought),
        expires=usable_until(pack.ends),
        paid=None if millionths is None else Decimal(millionths).scaleb(-6),
        payment=pack.payment,
    )


def _over(pack: Pack, at: datetime) -> bool:
    ends = usable_until(pack.ends)
    return ends is not None and ends <= at


def take_back(store: Store, user: str) -> None:
    """Throw away the wallet of a user for whom the old code decides still; `move` makes a new one of the row."""
    with store.writing():
        for statement in (
            "DELETE FROM outbox WHERE wallet = ?",
            "DELETE FROM moved_packs WHERE wallet = ?",
            "DELETE FROM entries WHERE wallet = ?",
            "DELETE FROM wallets WHERE id = ?",
        ):
            store.db.execute(statement, (user,))


def left_in(wallet: Wallet, at: datetime) -> Left:
    """Read of a wallet what the old code would say."""
    view = wallet.at(at)
    there: Counter[str] = Counter()
    for bucket in view.buckets("tokens"):
        if bucket.started:
            there[bucket.kind] += bucket.there_steps  # what is held is there, as what is reserved is in the old table
    quota, rollover = there.pop("quota", 0), there.pop("rollover", 0)
    return Left(quota - int(view.debt("tokens") or 0), rollover, sum(there.values()), int(view.held("tokens") or 0))
