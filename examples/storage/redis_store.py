"""Wallets in Redis 6.2 or newer, with redis-py.

One `Store(connect("redis://..."), CATALOGUE)` for the whole process. Whatever `act` writes is one script, which the
server runs with nothing in between: the wallet moves on, its entries are appended, and what is to be sent waits in the
outbox, or none of it. It cannot be a part of a transaction of another database.

What is stored is as safe as the server keeps it: `appendonly yes` and `appendfsync always`, so that what was answered
is on disk, and `maxmemory-policy noeviction`, so that nothing is dropped for want of room. A replica that takes over
may lack what was answered last, which no setting of Redis excludes: where that must not be, take another recipe.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Entry
from tokenpurse.notices import Notice, Request

# What lies there:
#   purse:wallet:<id>   hash        version, which moves on with each change, and document
#   purse:entries:<id>  hash        by sequence: document
#   purse:refs:<id>     hash        by namespace:ref, the caller's key, once and for all: sequence
#   purse:due           sorted set  ids, by when time will next change the wallet, in microseconds since 1970
#   purse:outbox        stream      wallet, sequence of the entry that has the notice or request, and item, the id of it
WALLET, ENTRIES, REFS = "purse:wallet:", "purse:entries:", "purse:refs:"
DUE, OUTBOX = "purse:due", "purse:outbox"
NAMES = f"local WALLET, ENTRIES, REFS, DUE, OUTBOX = '{WALLET}', '{ENTRIES}', '{REFS}', '{DUE}', '{OUTBOX}'"
SAVE = """
local changes, without, versions = cjson.decode(ARGV[1]), cjson.decode(ARGV[2]), {}
redis.call('ZCARD', DUE)  -- first look at all of it: what a script has written is not taken back
redis.call('XLEN', OUTBOX)
for _, one in ipairs(changes) do
    local version = versions[one.id] or redis.call('HGET', WALLET .. one.id, 'version') or '0'
    if version ~= one.before then
        return {'raced', one.id}
    end
    versions[one.id] = one.version
    for _, entry in ipairs(one.entries) do
        for _, id in ipairs({one.id, unpack(without)}) do  -- who has no part this time may have had all of it before
            local first = entry.ref and redis.call('HGET', REFS .. id, entry.ref)
            if first then
                return {'done', id, redis.call('HGET', ENTRIES .. id, first), one.id, entry.document}
            end
        end
        if redis.call('HEXISTS', ENTRIES .. one.id, entry.sequence) == 1 then
            return redis.error_reply('the ledger of wallet ' .. one.id .. ' has entries that the wallet lacks')
        end
    end
end
for _, one in ipairs(changes) do
    redis.call('HSET', WALLET .. one.id, 'version', one.version, 'document', one.document)
    for _, entry in ipairs(one.entries) do
        redis.call('HSET', ENTRIES .. one.id, entry.sequence, entry.document)
        if entry.ref then
            redis.call('HSET', REFS .. one.id, entry.ref, entry.sequence)
        end
        for _, item in ipairs(entry.items) do
            redis.call('XADD', OUTBOX, '*', 'wallet', one.id, 'sequence', entry.sequence, 'item', item)
        end
    end
    if one.due then
        redis.call('ZADD', DUE, one.due, one.id)
    else
        redis.call('ZREM', DUE, one.id)
    end
end
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


def connect(url: str) -> redis.Redis:
    """Make a client that sends nothing twice of its own accord.

    Left to itself it would send a script again whose answer was lost; that one finds the wallet moved on, and what was
    asked without a ref would be decided and done once more. Who asks again is the caller, with the same ref.
    """
    return redis.Redis.from_url(url, decode_responses=True, socket_timeout=30, retry=Retry(NoBackoff(), 0))


class Store:
    """The wallets of a server, bound to the plans of a catalogue."""

    def __init__(self, db: redis.Redis, catalogue: Catalogue) -> None:
        self.db = db
        self.catalogue = catalogue
        self.script = db.register_script(NAMES + SAVE)

    def create(self, opened: Change) -> Wallet:
        """Store an opened wallet. Where there is one of that id already, that one stays and is returned."""
        with suppress(Raced):
            self.save(opened)
        return self.load(opened.wallet.id)

    def load(self, id: str) -> Wallet:
        """Read a wallet; a `LookupError` if there is none."""
        [wallet] = self._read([id])
        return wallet

    def _read(self, ids: list[str]) -> list[Wallet]:
        with self.db.pipeline() as pipeline:  # one transaction: all as of one moment
            for id in ids:
                pipeline.hget(WALLET + id, "document")
            documents = pipeline.execute()
        if None in documents:
            raise LookupError(f"no wallet {ids[documents.index(None)]}")
        return [load_wallet(one, id=id, catalogue=self.catalogue) for id, one in zip(ids, documents, strict=True)]

    def act(self, id: str, verb: Callable[[Wallet], Change]) -> Change:
        """Load a wallet, ask it, and store what it answered.

        `verb` decides and does nothing else: it is asked again as often as somebody was faster. A refusal is raised.
        """
        [change] = self._act([id], lambda wallet: (verb(wallet),))
        return change

    def act_on_two(
        self, one: str, other: str, verb: Callable[[Wallet, Wallet], tuple[Change, Change]]
    ) -> tuple[Change, Change]:
        """The same with two wallets, of which both change or neither: a `transfer`, a `spend_from_pool`."""
        first, second = self._act([one, other], verb)
        return first, second

    def _act(self, ids: list[str], verb: Callable[..., Iterable[Change]]) -> list[Change]:
        slower: list[int] = []
        while True:  # nobody locks: who was slower was so because somebody got on, so that all of them do in the end
            wallets = self._read(ids)
            versions = [wallet.version for wallet in wallets]
            if versions == slower:  # nobody did: what the verb gives is a change of something else
                raise Raced(", ".join(ids))
            changes = [*verb(*wallets)]
            with suppress(Raced):
                self.save(*changes)
                return changes
            slower = versions

    def due(self, moment: datetime, limit: int = 1_000) -> list[str]:
        """Find the wallets that time has changed since: `act(id, lambda wallet: wallet.advance(moment))` stores it."""
        return [*self.db.zrangebyscore(DUE, "-inf", _micros(moment), start=0, num=limit)]

    def entries(self, id: str) -> list[Entry]:
        """Read the ledger of a wallet, oldest first."""
        documents = self.db.hgetall(ENTRIES + id)
        return [load_entry(documents[sequence], wallet=id) for sequence in sorted(documents, key=int)]

    def deliver(self, send: Callable[[str, Notice | Request], object]) -> None:
        """Hand everything in the outbox to `send(wallet_id, item)`, oldest first, and strike off what it took.

        At least once: a crash in between hands the same `item.id` over again. What raises stays for the next time, and
        the others go on.
        """
        after = "-"
        while found := self.db.xrange(OUTBOX, after, count=1):
            number, row = cast("list[tuple[str, dict[str, str]]]", found)[0]
            after, id, item = f"({number}", row["wallet"], row["item"]
            try:
                entry = load_entry(self.db.hget(ENTRIES + id, row["sequence"]), wallet=id)
                send(id, next(each for each in (*entry.notices, *entry.requests) if each.id == item))
                self.db.xdel(OUTBOX, number)
            except Exception:
                log.exception("%s of wallet %s stays in the outbox", item, id)

    def save(self, *changes: Change) -> None:
        """Write changes, all of them or nothing."""
        rows = [_row(change) for change in changes if change.entries]
        without = [change.wallet.id for change in changes if not (change.entries or change.repeated)]
        match self.script(args=[json.dumps(rows), json.dumps(without)]) if rows else None:
            case ["raced", id]:
                raise Raced(id)
            case ["done", id, first, other, now]:
                raise AlreadyDone(load_entry(first, wallet=id), load_entry(now, wallet=other))
            case [*_]:
                raise TypeError("a client that reads bytes is not one of connect()")


def _row(change: Change) -> dict[str, Any]:
    wallet, due = change.wallet, change.view.next_due()
    opened = change.before is wallet
    waiting = {item.id for item in (*change.notices, *change.requests)}
    row = {
        "id": wallet.id,
        "before": "0" if opened else str(change.before.version),
        "version": str(wallet.version),
        "document": _json(dump_wallet(wallet)),
        "entries": [
            {"sequence": str(entry.sequence), "document": _json(dump_entry(entry))}
            | ({"ref": f"{entry.ref.namespace}:{entry.ref.key}"} if entry.ref else {})
            | {"items": [item.id for item in (*entry.notices, *entry.requests) if item.id in waiting]}
            for entry in change.entries
        ],
    }
    return row | ({"due": str(_micros(due))} if due else {})


def _json(document: dict[str, Any]) -> str:
    return canonical(document).decode()


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
