"""Tell how a small service moved: a table that is not all in order, a crash, two months of both, over, and back."""

from __future__ import annotations

import io
import itertools
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime

from examples.moving import both, leave, move, old
from examples.moving.both import Both
from examples.moving.check import check
from examples.moving.plans import SHOP
from examples.storage import sqlite
from tokenpurse import Change

USERS = [
    ("ann", "pro", "2026-07", 4_000, 1_200),
    ("ben", "free", "2026-07", 300, 0),
    ("cleo", "pro", "2026-06", 9_000, 500),  # asked nothing yet in July
    ("dan", "free", "2026-07", 1_130, 0),  # two requests at once, in a code without a lock
    ("eve@home", "pro", "2026-07", 0, 10_000),
    ("fay", "gold", "2026-07", 0, 0),  # a plan that is sold no more
    ("gil", "free", "2026-07", 10, 0),
    ("gil", "pro", "2026-07", 0, 0),  # signed up twice
]
PACKS = [
    ("ann", "2026-05-17 08:30:00", "2026-09-30", 5_000, 1_500, 900, "pi_1"),
    ("ann", "2026-03-01 10:00:00", "2026-06-30", 5_000, 250, 900, "pi_0"),
    ("cleo", "2026-07-02 16:00:00", None, 5_000, 5_000, 900, "pi_2"),
    ("ben", "2026-07-04 09:00:00", None, 500, 500, None, None),  # a gift
]
JULY, AUGUST, OCTOBER = (datetime(2026, month, 15, 12, tzinfo=UTC) for month in (7, 8, 10))


class Dying(sqlite.Store):
    """A store whose process ends while it writes the third user."""

    saves = 0

    def save(self, *changes: Change) -> None:
        """Write, as long as there is a process."""
        self.saves += 1
        if self.saves == 3:
            raise SystemExit
        super().save(*changes)


def sample(db: sqlite3.Connection) -> None:
    """Make the old table and, in the same database, the tables of the wallets."""
    for schema in (old.SCHEMA, sqlite.SCHEMA, move.SCHEMA, both.SCHEMA):
        db.executescript(schema)
    db.executemany("INSERT INTO users VALUES (?, ?, ?, ?, ?)", USERS)
    statement = "INSERT INTO packs (user, bought, ends, size, rest, cents, payment) VALUES (?, ?, ?, ?, ?, ?, ?)"
    db.executemany(statement, PACKS)
    db.execute("INSERT INTO reservations VALUES ('job-1', 'ann', 700, '2026-07-15 12:10:00')")


def moved(db: sqlite3.Connection) -> sqlite.Store:
    """Move who can be moved, in spite of a crash."""
    store = sqlite.Store(db, SHOP)
    print("1. Move, two rows at a time. The process ends in the second batch.")
    try:
        move.move(Dying(db, SHOP), JULY, batch=2)
    except SystemExit:
        [count] = db.execute("SELECT count(*) FROM wallets").fetchone()
        say(count, "wallets are there")
    print("\n2. Call it again.")
    say(move.move(store, JULY, batch=2))
    print("\n3. Mend what can be mended, and call it once more.")
    db.execute("UPDATE users SET used = 1000 WHERE id = 'dan'")
    db.execute("DELETE FROM users WHERE id = 'gil' AND plan = 'pro'")
    say(move.move(store, JULY).moved, "moved")
    print("\n4. Check it.")
    say(check(store, JULY))
    return store


def side_by_side(service: Both) -> None:
    """Let the old code decide for two months."""
    service.settle("ann", 650, ref="job-1", at=JULY)
    for _ in range(2):  # the network was slow, and the app asked again
        service.spend("ann", 2_000, ref="job-2", at=JULY)
    service.buy("ben", payment="pi_3", at=JULY)
    service.spend("ben", 900, ref="job-3", at=AUGUST)
    service.advance(OCTOBER)
    service.spend("cleo", 16_000, ref="job-4", at=OCTOBER)
    for one in service.differences():
        print(f"   {one.at[:10]} {one.user:<9} {one.reason:<9} old: {one.old}, wallet: {one.wallet}")
    print("  ", dict(Counter(one.reason for one in service.differences())))


def main() -> None:
    with closing(sqlite.connect(":memory:")) as db:
        sample(db)
        store = moved(db)
        service = Both(store)
        print("\n5. Run both. The old code decides; a balance is [quota, rollover, packs, reserved].")
        side_by_side(service)
        print("\n6. Switch over: the wallet decides, and the old table follows.")
        service.decides = "wallet"
        for user, ref in (("ann", "job-5"), ("ann", "job-5"), ("cleo", "job-6")):
            said = service.spend(user, 5_000, ref=ref, at=OCTOBER)
            row, wallet = service.old.left(user, OCTOBER), move.left_in(store.load(user), OCTOBER)
            print(f"   {user} {ref}: {said}, old table {list(row)}, wallet {list(wallet)}")
        print("\n7. There is a way back: the old code goes on with what is in its table.")
        service.decides = "old"
        print("  ", service.spend("cleo", 1_000, ref="job-7", at=OCTOBER), list(service.old.left("cleo", OCTOBER)))
        print("\n8. And a way out: everything as plain rows. The history of ben, as CSV:")
        file = io.StringIO()
        leave.to_csv(file, leave.MovementRow, itertools.islice(leave.history(store, "ben"), 6))
        say(file.getvalue().strip())


def say(*words: object) -> None:
    print("   " + " ".join(map(str, words)).replace("\n", "\n   "))


if __name__ == "__main__":
    main()
