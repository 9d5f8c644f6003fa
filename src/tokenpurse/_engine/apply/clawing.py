"""Effects of money that went back, and of money that came again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.apply.moves import PAYMENTS_KEPT, PAYMENTS_MAX, changed, plus, repay_from
from tokenpurse._engine.book import Book
from tokenpurse.buckets import Bucket, ClawBack, Debt

__all__ = ["claimed", "clawed_back", "forgiving", "reinstated"]


def clawed_back(book: Book, entry: e.ClawedBack) -> Book:
    """Take what is left, and owe what was used; auto top-up rests where money went back."""
    if entry.off is not None and book.auto_top_up is not None:
        book = evolve(book, auto_top_up=evolve(book.auto_top_up, off=entry.off))
    book = _unbought(book, entry.claw_backs, -1)
    return repay_from(_owing(claimed(book, entry.claw_backs), entry.debts), entry.repaid)


def _unbought(book: Book, claims: Iterable[e.ClawBackPart], sign: int) -> Book:
    """Count the money that went back, or came again, of what was bought: not tokens that had no price, nor gifts."""
    there = {one.id: one for one in (*(past.bucket for past in book.past.values()), *book.buckets)}
    for one in claims:
        bucket = there.get(one.bucket)
        if bucket is not None and bucket.paid is not None and bucket.price_steps and _bought_here(book, bucket):
            name, money = bucket.paid.unit.name, sign * one.refunded
            book = evolve(book, bought=plus(book.bought, name, max(money, -book.bought.get(name, 0))))
    return book


def _bought_here(book: Book, bucket: Bucket) -> bool:
    """Whether this wallet paid: it knows the payment. One without an id, or so old that it is forgotten, passes."""
    forgotten = len(book.memory.payments) >= PAYMENTS_MAX or bucket.starts <= book.clock - PAYMENTS_KEPT
    return bucket.payment is None or forgotten or any(ref.key == bucket.payment for ref, _ in book.memory.payments)


def claimed(book: Book, claims: Iterable[e.ClawBackPart]) -> Book:
    """Note what is taken of each bucket, and what stands for the rest."""
    for one in claims:
        for bucket in book.buckets:
            if bucket.id == one.bucket:
                less = evolve(
                    bucket, left_steps=bucket.left_steps - one.taken, opening_steps=bucket.opening_steps - one.taken
                )
                book = evolve(book, buckets=changed(book, {bucket.id: _noted(less, one, 1)}))
        if (past := book.past.get(one.bucket)) is not None:
            over = evolve(past, bucket=_noted(past.bucket, one, 1))
            book = evolve(book, past={**book.past, one.bucket: over})
    return book


def _noted(bucket: Bucket, one: e.ClawBackPart, sign: int) -> Bucket:
    was = bucket.claw_back
    clawed = ClawBack(
        taken=was.taken + sign * one.taken,
        held=was.held + sign * one.held,
        lost=was.lost + sign * one.lost,
        debt=was.debt + sign * one.debt,
        let_go=was.let_go + sign * one.let_go,
        refunded=was.refunded + sign * one.refunded,
        owes=one.owes if sign > 0 else was.owes,
    )
    return evolve(bucket, claw_back=clawed if clawed.total or clawed.refunded else ClawBack())


def _owing(book: Book, debts: Iterable[Debt], sign: int = 1) -> Book:
    for debt in debts:
        book = evolve(book, debts=plus(book.debts, debt.unit.name, sign * debt.steps))
    return book


def reinstated(book: Book, entry: e.Reinstated) -> Book:
    """Put back what was taken, and what others paid of the debt, and owe less."""
    book = _unbought(book, entry.claw_backs, 1)
    for one in entry.claw_backs:
        book = _back(book, one, entry.at)
        book = evolve(book, granted=plus(book.granted, one.unit.name, one.repaid))
    return repay_from(_owing(book, entry.debts, -1), entry.repaid)


def _back(book: Book, one: e.ClawBackPart, at: datetime) -> Book:
    for bucket in book.buckets:
        if bucket.id == one.bucket:
            return evolve(book, buckets=changed(book, {bucket.id: _filled(bucket, one)}))
    past = book.past.get(one.bucket)
    if past is None:
        return book
    if one.went == "back" and one.taken + one.repaid:
        started = past.bucket.started or past.bucket.starts <= at
        bucket = _filled(evolve(past.bucket, left_steps=0, opening_steps=0, started=started), one)
        others = {name: other for name, other in book.past.items() if name != one.bucket}
        return evolve(book, buckets=(*book.buckets, bucket), past=others)
    return evolve(book, past={**book.past, one.bucket: evolve(past, bucket=_filled(past.bucket, one))})


def _filled(bucket: Bucket, one: e.ClawBackPart) -> Bucket:
    """Put what was taken, and what others paid of its debt, into a bucket again, or let it go the way of its rest."""
    bucket = evolve(
        _noted(bucket, one, -1),
        granted_steps=bucket.granted_steps + one.repaid,
        repaid_steps=bucket.repaid_steps + one.repaid,
    )
    back = one.taken + one.repaid
    if one.went != "back":
        return evolve(bucket, lost_steps=bucket.lost_steps + back)
    return evolve(bucket, left_steps=bucket.left_steps + back, opening_steps=bucket.opening_steps + back)


def forgiving(book: Book, debts: Iterable[Debt]) -> Book:
    """Let go what was owed for money that went back, where the debt is forgiven: nothing of it comes again."""
    for debt in debts:
        rest = debt.steps
        for bucket in (*book.buckets, *(past.bucket for past in book.past.values())):
            part = min(rest, bucket.claw_back.debt) if bucket.unit == debt.unit else 0
            if part:
                rest -= part
                claw = bucket.claw_back
                less = evolve(claw, debt=claw.debt - part, let_go=claw.let_go + part)
                book = _replaced(book, evolve(bucket, claw_back=less))
    return book


def _replaced(book: Book, bucket: Bucket) -> Book:
    if bucket.id in book.past:
        over = evolve(book.past[bucket.id], bucket=bucket)
        return evolve(book, past={**book.past, bucket.id: over})
    return evolve(book, buckets=changed(book, {bucket.id: bucket}))
