"""Wallets in PostgreSQL, with psycopg 3 and asyncio.

One connection at a time belongs to one task: `async with pool.connection() as db: await Store(db, CATALOGUE).act(...)`,
from a `psycopg_pool.AsyncConnectionPool(url, configure=configure)`. Each `act` is one transaction: the wallet moves on,
its entries are appended, and what is to be sent waits in the outbox, or none of it. Inside `async with
db.transaction()` of your own it is a part of that one.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from itertools import permutations

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Entry
from tokenpurse.notices import Notice, Request

SCHEMA = """
CREATE TABLE IF NOT EXISTS wallets (
    id       text PRIMARY KEY,
    version  bigint NOT NULL,  -- moves on with each change; who has read an older one writes nothing
    next_due timestamptz,      -- when time will next change it
    document jsonb NOT NULL
);
CREATE INDEX IF NOT EXISTS wallets_due ON wallets (next_due);
CREATE TABLE IF NOT EXISTS entries (
    wallet    text NOT NULL REFERENCES wallets,
    sequence  bigint NOT NULL,
    namespace text,            -- with ref: the caller's key, once and for all; most entries have none
    ref       text,
    document  jsonb NOT NULL,
    PRIMARY KEY (wallet, sequence),
    UNIQUE (wallet, namespace, ref)
);
CREATE TABLE IF NOT EXISTS outbox (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    wallet   text NOT NULL,
    sequence bigint NOT NULL,  -- the entry that has the notice or request
    item     text NOT NULL,    -- the id of it
    FOREIGN KEY (wallet, sequence) REFERENCES entries
);
"""
log = logging.getLogger(__name__)


class Raced(Exception):
    """Somebody else has changed the wallet since it was read, or has opened it. Nothing was written."""


class AlreadyDone(Exception):
    """The ref is in the ledger, though the wallet has forgotten it. Nothing was written.

    Attributes:
        entry: what was done under the ref.
        repeated: whether the same was asked then: answer as for a repeat. If not, the ref was used for something else.
    """

    def __init__(self, entry: Entry, now: Entry) -> None:
        super().__init__(entry, now)
        self.entry = entry
        self.repeated = entry.ref is not None and now.ref is not None and entry.ref.said == now.ref.said

    def __str__(self) -> str:
        return self.entry.id


async def configure(db: psycopg.AsyncConnection) -> None:
    """Set a connection up: transactions begin where this file says so, and see what others have committed meanwhile."""
    await db.set_autocommit(True)
    await db.set_isolation_level(psycopg.IsolationLevel.READ_COMMITTED)


class Store:
    """The wallets of a database, bound to the plans of a catalogue."""

    def __init__(self, db: psycopg.AsyncConnection, catalogue: Catalogue) -> None:
        if (db.autocommit, db.isolation_level) != (True, psycopg.IsolationLevel.READ_COMMITTED):
            raise ValueError("the connection was not set up by configure()")
        self.db = db
        self.catalogue = catalogue

    async def create(self, opened: Change) -> Wallet:
        """Store an opened wallet. Where there is one of that id already, that one stays and is returned."""
        with suppress(Raced):
            async with self.db.transaction():
                await self.save(opened)
        return await self.load(opened.wallet.id)

    async def load(self, id: str, *, lock: bool = False) -> Wallet:
        """Read a wallet; a `LookupError` if there is none. A lock lasts as long as the transaction."""
        statement = "SELECT document FROM wallets WHERE id = %s"
        row = await (await self.db.execute(f"{statement} FOR UPDATE" if lock else statement, (id,))).fetchone()
        if row is None:
            raise LookupError(f"no wallet {id}")
        return load_wallet(row[0], id=id, catalogue=self.catalogue)

    async def act(self, id: str, verb: Callable[[Wallet], Change]) -> Change:
        """Load a wallet, ask it, and store what it answered.

        `verb` decides and does nothing else: it is asked once more if somebody was faster. A refusal is raised.
        """
        for lock in (False, True):  # who was slower once reads under a lock, and cannot be slower again
            with suppress(Raced):
                async with self.db.transaction():
                    change = verb(await self.load(id, lock=lock))
                    await self.save(change)
                    return change
        raise Raced(id)

    async def act_on_two(
        self, one: str, other: str, verb: Callable[[Wallet, Wallet], tuple[Change, Change]]
    ) -> tuple[Change, Change]:
        """The same with two wallets, of which both change or neither: a `transfer`, a `spend_from_pool`."""
        async with self.db.transaction():
            ids = sorted((one, other))  # so that nobody waits in a circle
            wallets = {id: await self.load(id, lock=True) for id in ids}  # both as of one moment
            changes = verb(wallets[one], wallets[other])
            await self.save(*changes)
            for mine, others in permutations(changes):
                if others.entry and not (mine.entries or mine.repeated):  # it may have paid all of it before
                    await self._look_for(mine.wallet.id, others.entry)
            return changes

    async def due(self, moment: datetime, limit: int = 1_000) -> list[str]:
        """Find the wallets that time has changed since: `act(id, lambda wallet: wallet.advance(moment))` stores it."""
        rows = await self.db.execute(
            "SELECT id FROM wallets WHERE next_due <= %s ORDER BY next_due LIMIT %s", (moment, limit)
        )
        return [id async for (id,) in rows]

    async def entries(self, id: str) -> list[Entry]:
        """Read the ledger of a wallet, oldest first."""
        rows = await self.db.execute("SELECT document FROM entries WHERE wallet = %s ORDER BY sequence", (id,))
        return [load_entry(document, wallet=id) async for (document,) in rows]

    async def deliver(self, send: Callable[[str, Notice | Request], Awaitable[object]]) -> None:
        """Hand everything in the outbox to `send(wallet_id, item)`, oldest first, and strike off what it took.

        At least once: a crash in between hands the same `item.id` over again. What raises stays for the next time, and
        the others go on. Any number of workers share the work: what one of them has in hand, the others pass over.
        """
        if self.db.info.transaction_status != TransactionStatus.IDLE:
            raise RuntimeError("deliver sends what is committed, and what is around it is not yet")
        number: int | None = 0
        while number is not None:
            async with self.db.transaction():
                number = await self._deliver_one(send, number)

    async def _deliver_one(self, send: Callable[[str, Notice | Request], Awaitable[object]], after: int) -> int | None:
        found = await self.db.execute(
            "SELECT number, wallet, item, document FROM outbox JOIN entries USING (wallet, sequence)"
            " WHERE number > %s ORDER BY number LIMIT 1 FOR UPDATE OF outbox SKIP LOCKED",
            (after,),
        )
        row = await found.fetchone()
        if row is None:
            return None
        number, wallet, item, document = row
        try:
            entry = load_entry(document, wallet=wallet)
            await send(wallet, next(each for each in (*entry.notices, *entry.requests) if each.id == item))
            await self.db.execute("DELETE FROM outbox WHERE number = %s", (number,))
        except Exception:
            log.exception("%s of wallet %s stays in the outbox", item, wallet)
        return int(number)

    async def save(self, *changes: Change) -> None:
        """Write changes in the transaction of the caller, who takes it back if this raises."""
        for change in sorted(changes, key=lambda each: each.wallet.id):
            if change.entries:
                await self._move_on(change)
                await self._append(change)

    async def _move_on(self, change: Change) -> None:
        wallet, before = change.wallet, change.before
        row = (wallet.version, change.view.next_due(), Jsonb(dump_wallet(wallet)), wallet.id)
        if before is wallet:  # it was opened
            statement = "INSERT INTO wallets (version, next_due, document, id) VALUES (%s, %s, %s, %s)"
            written = await self.db.execute(f"{statement} ON CONFLICT DO NOTHING", row)
        else:
            statement = "UPDATE wallets SET version = %s, next_due = %s, document = %s WHERE id = %s AND version = %s"
            written = await self.db.execute(statement, (*row, before.version))
        if written.rowcount != 1:  # in a pipeline it is not known yet, and nothing is written on trust
            raise Raced(wallet.id)

    async def _append(self, change: Change) -> None:
        waiting = {item.id for item in (*change.notices, *change.requests)}
        for entry in change.entries:
            namespace, ref = (entry.ref.namespace, entry.ref.key) if entry.ref else (None, None)
            row = (entry.wallet, entry.sequence, namespace, ref, Jsonb(dump_entry(entry)))
            statement = (
                "INSERT INTO entries (wallet, sequence, namespace, ref, document) VALUES (%s, %s, %s, %s, %s)"
                " ON CONFLICT (wallet, namespace, ref) DO NOTHING"
            )
            if (await self.db.execute(statement, row)).rowcount != 1:
                await self._look_for(entry.wallet, entry)
            for item in (*entry.notices, *entry.requests):
                if item.id in waiting:
                    waits = (entry.wallet, entry.sequence, item.id)
                    await self.db.execute("INSERT INTO outbox (wallet, sequence, item) VALUES (%s, %s, %s)", waits)

    async def _look_for(self, id: str, entry: Entry) -> None:
        """Refuse a ref that the ledger has; the wallet has forgotten it."""
        key = (id, entry.ref.namespace, entry.ref.key) if entry.ref else (id, None, None)
        statement = "SELECT document FROM entries WHERE wallet = %s AND namespace = %s AND ref = %s"
        if first := await (await self.db.execute(statement, key)).fetchone():
            raise AlreadyDone(load_entry(first[0], wallet=id), entry)
