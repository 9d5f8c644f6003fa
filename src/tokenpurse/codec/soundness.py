"""What a book cannot be, however well it is written: figures that contradict each other, or that no verb lets through.

Only what follows from the book alone is looked for, by rules that hold for every wallet at every version; what its
entries say besides is `replay`'s matter. Each finding has a path, the value there, and what is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

from tokenpurse._engine import doors
from tokenpurse._engine.apply.holding import each_use
from tokenpurse._engine.apply.moves import PAST_MAX
from tokenpurse._engine.arriving import RING_MAX, TOLERANCE_MAX
from tokenpurse._engine.book import Book, Tallies
from tokenpurse._engine.context import BUCKETS_MAX
from tokenpurse._engine.holding import HOLDS_MAX
from tokenpurse.buckets import Bucket
from tokenpurse.codec.facts import moment
from tokenpurse.codec.sound_buckets import NOTHING, TWICE, Finding, all_buckets, each_bucket, is_beyond, way_to
from tokenpurse.entries import Entry, Remembered
from tokenpurse.errors import ArgumentError, UnknownNameError, shown
from tokenpurse.notices import Charge
from tokenpurse.periods import zone_named

__all__ = ["unsound", "unsound_entry"]

_REF = "it must be a ref, of usage or of a payment"
_LABELS = "they must be labels that a verb takes: at most 16, of 2,048 bytes in all, sorted by key"


def unsound(book: Book) -> Iterator[Finding]:
    """Say what is wrong with a book, worked out as it is read; nothing: it can be one.

    This is done each time a wallet is loaded: so what is about parts that a book has none of is not asked, and a way is
    written only to what is wrong.
    """
    tallies, memory = book.tallies, book.memory
    buckets = [*book.buckets, *[past.bucket for past in book.past.values()]]
    yield from _whole(book)
    yield from _times(book)
    if book.streams:
        yield from _stretches(book)
    if len(buckets) > BUCKETS_MAX or len(book.holds) > HOLDS_MAX or len(memory.ring) > book.ring:
        yield from _sizes(book)
    yield from each_bucket(book, buckets)
    yield from all_buckets(book, buckets)
    if book.past or book.holds or book.lines or book.streams:
        yield from _named(book)
    if book.holds or book.held or [one for one in buckets if one.held_steps]:
        yield from _held(book, buckets)
    yield from _counts(book)
    yield from _sequences(book)
    if tallies.accrued or tallies.priced or tallies.repaid:
        yield from _least(_tallied(tallies))
    yield from _least(_figures(book))
    if book.pending:
        yield from _numbered(book)
    if memory.ring or memory.payments or book.pending or book.holds or book.ended or book.undone:
        yield from _refs(book)


def unsound_entry(entry: Entry) -> Iterator[Finding]:
    """Say what no verb would have let into an entry: a spelling of an id, a role or a label that none takes."""
    if entry.sequence < 1:
        yield "sequence", entry.sequence, "it must be at least 1: the opening"
    if entry.by is not None and not doors.is_id(entry.by):
        yield "by", entry.by, "it must be a role"
    if entry.ref is not None and not _is_ref(entry.ref):
        yield "ref.key", entry.ref.key, _REF
    labels = getattr(entry, "labels", ())
    if labels and not _are_labels(labels):
        yield "labels", labels, _LABELS


def _is_ref(known: Remembered) -> bool:
    return known.namespace in {"usage", "payment"} and (not known.key or doors.is_id(known.key))


def _are_labels(labels: tuple[tuple[str, str], ...]) -> bool:
    try:
        return doors.labels_of(dict(labels)) == labels
    except ArgumentError:
        return False


def _whole(book: Book) -> Iterator[Finding]:
    if not doors.is_id(book.id):
        yield "id", book.id, "it must be the id of a wallet"
    if book.version < 1:
        yield "version", book.version, "it must be at least 1: the opening"
    if not 0 <= book.ring <= RING_MAX:
        yield "ring", book.ring, f"it must be 0 to {RING_MAX:,}"
    if book.tolerance > TOLERANCE_MAX:
        yield "tolerance", book.tolerance, f"it must be at most {TOLERANCE_MAX}"
    if book.plan.revision < 1:
        yield "plan.revision", book.plan.revision, "it must be at least 1"
    if book.closed and (book.buckets or book.holds):
        yield "closed", True, "a wallet that is closed has no buckets or holds left"
    try:
        zone_named(book.zone)
    except UnknownNameError:
        yield "zone", book.zone, "it must be a time zone that this machine knows"


def _times(book: Book) -> Iterator[Finding]:
    period = book.period
    for path, at in (("since", book.since), ("period.start", period.start), ("paused_at", book.paused_at)):
        if at is not None and at > book.clock:
            yield path, at, f"it must not be after the clock, {moment(book.clock)}"
    if period.end is not None and period.end <= period.start:
        yield "period.end", period.end, f"it must be after its start, {moment(period.start)}"
    for index, (key, counter) in enumerate(book.counters.items()):
        if counter.steps < 0 or (counter.end is not None and counter.end <= counter.start):
            yield f"counters[{index}]", key, "it must count no less than nothing, and end after it began"


def _stretches(book: Book) -> Iterator[Finding]:
    """Find stretches that lie where none can: time would open what follows them again and again."""
    for index, stream in enumerate(book.streams.values()):
        for name, stretch in (("stretch", stream.stretch), ("window", stream.window)):
            if stretch is None:
                continue
            if stretch.start > book.clock or (stretch.end is not None and stretch.end <= stretch.start):
                right = f"it must have begun by the clock, {moment(book.clock)}, and end after it began"
                yield f"streams[{index}][1].{name}", stretch.start, right
        if stream.next is not None and stream.next != stream.stretch.end:
            yield f"streams[{index}][1].next", stream.next, "it must be the end of its stretch, or nothing"


def _sizes(book: Book) -> Iterator[Finding]:
    sizes: tuple[tuple[str, Sized, int], ...] = (
        ("buckets", book.buckets, BUCKETS_MAX + PAST_MAX),  # what comes back to one that is over comes on top
        ("holds", book.holds, HOLDS_MAX),
        ("memory.ring", book.memory.ring, book.ring),
    )
    too_many = ((name, len(found), most) for name, found, most in sizes if len(found) > most)
    yield from ((name, found, f"there must be at most {most:,}") for name, found, most in too_many)


# -- names ---------------------------------------------------------------------------------------------------------


def _named(book: Book) -> Iterator[Finding]:
    """Find what is kept under a name that is not its own."""
    for index, (name, past) in enumerate(book.past.items()):
        if name != past.bucket.id:
            yield f"past[{index}][0]", name, f"it must be the id of its bucket, {past.bucket.id}"
        if past.bucket.left_steps:
            yield f"past[{index}][1].bucket.left_steps", past.bucket.left_steps, "nothing is left of what is over"
    for index, (name, hold) in enumerate(book.holds.items()):
        if name != hold.id or name != hold.ref.key:
            yield f"holds[{index}][0]", name, f"it must be the id of its hold, {hold.id}, and its ref"
    for name, line in book.lines.items():
        if name != line.alert:
            yield f"lines.{name}", name, f"it must be the name of its alert, {line.alert}"
    for index, (key, stream) in enumerate(book.streams.items()):
        if key != stream.key:
            yield f"streams[{index}][0]", key, "it must be the unit, kind and schedule of its stream"


# -- what is held --------------------------------------------------------------------------------------------------


def _held(book: Book, buckets: Iterable[Bucket]) -> Iterator[Finding]:
    """Compare what open holds set aside with what buckets say is held of them, and with what limits count."""
    of_bucket, of_unit = _aside(book)
    for index, hold in enumerate(book.holds.values()):
        if hold.until <= max(hold.since, book.clock) or hold.since > book.clock:
            yield (
                f"holds[{index}][1].until",
                hold.until,
                f"it must be after the clock, {moment(book.clock)}, and its start",
            )
    for index, one in enumerate(buckets):
        if of_bucket.pop(one.id, 0) != one.held_steps:
            yield f"{way_to(book, index)}.held_steps", one.held_steps, "it must be what open holds set aside of it"
    for name, steps in of_bucket.items():
        yield "holds", name, f"{steps:,} of it are held, and there is no such bucket"
    if of_unit != book.held:
        yield "held", dict(book.held), f"it must be what open holds set aside, {of_unit}"


def _aside(book: Book) -> tuple[dict[str, int], dict[str, int]]:
    """Sum what open holds set aside, by bucket and by unit."""
    of_bucket: dict[str, int] = {}
    of_unit: dict[str, int] = {}
    for hold in book.holds.values():
        for use in each_use(hold.uses):
            of_unit[use.unit.name] = of_unit.get(use.unit.name, 0) + use.steps
            for draw in use.draws:
                of_bucket[draw.bucket] = of_bucket.get(draw.bucket, 0) + draw.steps
    return _some(of_bucket), _some(of_unit)


def _some(steps: Mapping[str, int]) -> dict[str, int]:
    return {name: one for name, one in steps.items() if one}


# -- what is counted -----------------------------------------------------------------------------------------------


_SUMS = (
    *("debts", "counts", "counts_next", "limits", "label_limits", "added", "granted"),
    *("spent", "bought", "tallies.used", "tallies.allowance_paid", "tallies.retired", "tallies.counted"),
    *("tallies.given_on", "tallies.cleared"),
)
_NUMBERS = ("declines", "issued", "requested", "tallies.bills")


def _counts(book: Book) -> Iterator[Finding]:
    tallies = book.tallies
    sums: tuple[Mapping[Any, int], ...] = (
        *(book.debts, book.counts, book.counts_next, book.limits, book.label_limits, book.added, book.granted),
        *(book.spent, book.bought, tallies.used, tallies.allowance_paid, tallies.retired, tallies.counted),
        *(tallies.given_on, tallies.cleared),
    )
    if min([min(found.values()) for found in sums if found], default=0) < 0:
        rows = ((f"{name}[{key}]", steps) for name, one in zip(_SUMS, sums, strict=True) for key, steps in one.items())
        yield from ((path, steps, NOTHING) for path, steps in rows if steps < 0)
    numbers = (book.declines, book.issued, book.requested, tallies.bills)
    if min(numbers) < 0:
        yield from ((name, one, NOTHING) for name, one in zip(_NUMBERS, numbers, strict=True) if one < 0)


def _least(figures: Iterable[tuple[str, int, int]]) -> Iterator[Finding]:
    """Find figures of parts that are less than they can be."""
    for path, figure, least in figures:
        if figure < least:
            yield path, figure, f"it must be at least {least}"


def _tallied(tallies: Tallies) -> Iterator[tuple[str, int, int]]:
    for index, line in enumerate(tallies.accrued):
        yield f"tallies.accrued[{index}].quantity", line.quantity, 0
    for index, paid in enumerate(tallies.priced.values()):
        yield f"tallies.priced[{index}][1]", min(paid), 0
    for name, payers in tallies.repaid.items():
        yield f"tallies.repaid.{name}", min((steps for _, _, steps, *_ in payers), default=0), 0


def _figures(book: Book) -> Iterator[tuple[str, int, int]]:
    """Go through the figures of parts, with the least that each can be."""
    if book.undone or book.pending or book.streams or book.closings:
        yield from _figures_of_lists(book)
    for name, standing in book.lines.items():
        yield f"lines.{name}", min(standing.crossings, standing.passed), 0
    if book.last is not None:
        for index, loss in enumerate(book.last.rests):
            yield f"last.rests[{index}].steps", loss.steps, 0
    if (setting := book.auto_top_up) is not None:
        yield "auto_top_up.threshold_steps", setting.threshold_steps, 0
        yield "auto_top_up", max(setting.purchase_steps or 0, setting.target_steps or 0), 1
    if (window := book.window) is not None:
        yield "window", min(window.purchases, window.bought_steps, window.spent.steps), 0


def _figures_of_lists(book: Book) -> Iterator[tuple[str, int, int]]:
    for index, undoing in enumerate(book.undone.values()):
        yield f"undone[{index}][1].steps", min(undoing.steps.values(), default=0), 0
    for index, request in enumerate(book.pending):
        if isinstance(request, Charge):
            yield f"pending[{index}]", min(request.steps - 1, request.count - 1, request.bonus_steps), 0
            yield f"pending[{index}].price.steps", request.price.steps, 0
    for index, stream in enumerate(book.streams.values()):
        yield f"streams[{index}][1]", min(stream.given_steps, stream.window_steps, stream.part[0]), 0
        yield f"streams[{index}][1].part[1]", stream.part[1], max(1, stream.part[0])
    for index, closing in enumerate(book.closings):
        yield f"closings[{index}].unused.steps", closing.unused.steps, 0
        yield f"closings[{index}].by", closing.by, closing.since


def _numbered(book: Book) -> Iterator[Finding]:
    """Compare the numbers that requests have with how many there were."""
    for index, request in enumerate(book.pending):
        number = request.id.removeprefix("charge:")
        if is_beyond(number, book.requested):
            yield "requested", book.requested, f"pending[{index}] has the number {shown(number)}"


def _sequences(book: Book) -> Iterator[Finding]:
    """Find what is said of entries that are not written yet."""
    version, tallies = book.version, book.tallies
    for name, mark in (("undone_to", book.undone_to), ("banks_since", book.banks_since)):
        if not 0 <= mark <= version:
            yield name, mark, _up_to(version)
    if book.billed or book.undone or book.past or book.ways or book.closings or tallies.left:
        for path, sequences in _marks(book):
            if sequences and (min(sequences) < 0 or max(sequences) > version):
                wrong = ((index, one) for index, one in enumerate(sequences) if not 0 <= one <= version)
                yield from ((path.format(index), one, _up_to(version)) for index, one in wrong)
    if not 0 <= book.billed_to <= version + 1:
        yield "billed_to", book.billed_to, f"it must be an entry of this wallet, or the next one, {version + 1:,}"
    if not 1 <= tallies.since <= version:
        yield "tallies.since", tallies.since, f"it must be an entry of this wallet, 1 to {version:,}"


def _up_to(version: int) -> str:
    return f"it must be an entry of this wallet, up to {version:,}"


def _marks(book: Book) -> Iterator[tuple[str, Sequence[int]]]:
    yield "billed[{}].until", [one.until for one in book.billed]
    yield "undone[{}][0]", [*book.undone]
    yield "past[{}][1].by", [one.by for one in book.past.values()]
    yield "ways[{}].since", [one.since for one in book.ways]
    yield "closings[{}].by", [one.by for one in book.closings]
    yield "closings[{}].since", [one.since for one in book.closings]
    yield "tallies.left[{}][0]", [one for one, _ in book.tallies.left]


# -- refs ----------------------------------------------------------------------------------------------------------


def _refs(book: Book) -> Iterator[Finding]:
    """Find refs that were used twice, or by entries that are not written yet, and requests of one id."""
    memory, version, clock = book.memory, book.version, book.clock
    yield from _twice("memory.payments", [known.key for known, _ in memory.payments])
    yield from _twice("memory.ring", [known.key for known in memory.ring])
    yield from _twice("pending", [request.id for request in book.pending])
    for index, hold in enumerate(book.holds.values()):
        if hold.labels and not _are_labels(hold.labels):
            yield f"holds[{index}][1].labels", hold.labels, _LABELS
    for path, index, known in _known(book):
        if not 0 <= known.sequence <= version:
            yield f"{path.format(index)}.sequence", known.sequence, _up_to(version)
        if known.at > clock:
            yield f"{path.format(index)}.at", known.at, f"it must not be after the clock, {moment(clock)}"
        if not _is_ref(known):
            yield f"{path.format(index)}.key", known.key, _REF


def _known(book: Book) -> Iterator[tuple[str, int, Remembered]]:
    """Go through all refs that a book remembers: each with the way to it, and its number there."""
    for index, ref in enumerate(book.memory.ring):
        yield "memory.ring[{}]", index, ref
    for index, (ref, _) in enumerate(book.memory.payments):
        yield "memory.payments[{}][0]", index, ref
    for index, hold in enumerate(book.holds.values()):
        yield "holds[{}][1].ref", index, hold.ref
    for index, ended in enumerate(book.ended):
        yield "ended[{}].made", index, ended.made
        if ended.ref is not None:
            yield "ended[{}].ref", index, ended.ref
    for index, undoing in enumerate(book.undone.values()):
        for place, ref in enumerate(undoing.refs):
            yield f"undone[{{}}][1].refs[{place}]", index, ref


def _twice(path: str, keys: Sequence[str]) -> Iterator[Finding]:
    if len(set(keys)) < len(keys):
        yield from ((path, key, TWICE) for key, times in Counter(keys).items() if times > 1)
