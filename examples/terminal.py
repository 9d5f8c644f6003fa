"""How the examples draw wallets: headings, gauges with bars, and a table of what happened when.

It knows views and changes, no plan and no system. Colours need a terminal; piped, the same words come as plain text of
one width, in UTF-8 whatever the locale, so that two runs can be compared byte by byte.
"""

from __future__ import annotations

import io
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from attrs import define, field, frozen
from rich.console import Console
from rich.text import Text

from tokenpurse import Change, View, Wallet, replay
from tokenpurse.buckets import KINDS
from tokenpurse.entries import Closed as ClosedEntry
from tokenpurse.entries import CountSet, Entry, PeriodOpened, PlanChanged, PlanChangeScheduled, Spent, ToppedUp
from tokenpurse.errors import Refused
from tokenpurse.notices import Bill, Notice, Request

NARROWEST, PIPED, WIDEST = 80, 100, 120
USED, LEFT, SEAM = "█", "░", "│"
COLOURS = {"quota": "cyan", "rollover": "blue", "top_up": "magenta", "credit": "green", "over": "red"}
MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)  # strftime asks the locale


def console() -> Console:
    """Open standard output for drawing: 80 to 120 columns of a terminal, 100 of a pipe or file."""
    if sys.stdout.isatty():
        width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    else:
        width = PIPED
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def put(to: Console, text: Text) -> None:
    """Print one line as it is, without the padding that tables leave behind."""
    text.rstrip()
    to.print(text, no_wrap=True, overflow="ignore", crop=False)


@frozen
class Title:
    """What a system is called: the letter, the product that it is, and what that product sells."""

    letter: str
    product: str
    sells: str


def contents(to: Console, says: str, titles: list[Title], letters: str) -> None:
    """Say what will be played: in one sentence, then title by title, and what the letters stand for."""
    paragraph(to, says)
    widest = max(len(title.product) for title in titles)
    for title in titles:
        product = f"{title.product:<{widest}}  "
        put(to, Text.assemble((f"  {title.letter} ", "bold yellow"), (product, "bold"), title.sells))
    paragraph(to, letters)


def paragraph(to: Console, says: str) -> None:
    """Print a text over as many lines as it takes."""
    for line in textwrap.wrap(says, to.width):
        put(to, Text(line, "italic"))


def heading(to: Console, title: Title, says: str) -> None:
    """Start a system: its title on a rule, and in a sentence or two what it is about."""
    name = f"{title.product}: {title.sells} "
    to.print()
    put(
        to,
        Text.assemble((f"━━ {title.letter} ", "bold yellow"), (name, "bold"), ("━" * to.width, "yellow"))[: to.width],
    )
    paragraph(to, says)


# --- bars -------------------------------------------------------------------------------------------------------------


@frozen
class Part:
    """A piece of a bar: how much of its size is filled, and in which colour."""

    filled: int | Decimal
    size: int | Decimal
    colour: str


def bar(parts: list[Part], width: int) -> Text:
    """Draw parts side by side, each as long as its share of the sum and filled as far as it is.

    What is not empty shows at least one filled cell, what is not full at least one empty cell.
    """
    parts = [part for part in parts if part.size]
    total = sum((part.size for part in parts), Decimal(0))
    cells = width - max(0, len(parts) - 1)
    drawn, at, start = Text(), Decimal(0), 0
    for number, part in enumerate(parts):
        at += part.size
        # Ends are rounded, not lengths: the pieces always add up to the width.
        end = max(start + 1, min(round(at * cells / total), cells - (len(parts) - 1 - number)))
        length, start = end - start, end
        filled = min(round(part.filled * length / part.size), length)
        if length > 1:
            filled = min(max(filled, int(part.filled > 0)), length - int(part.filled < part.size))
        drawn.append(SEAM if number else "", "dim")
        drawn.append(USED * filled, part.colour)
        drawn.append(LEFT * (length - filled), f"dim {part.colour}")
    return drawn


def _by_kind(item: tuple[str, object]) -> int:
    return KINDS.index(item[0])


def used_parts(view: View, meter: str) -> list[Part]:
    """Break a meter's gauge down by what pays: each kind of bucket, then pay-as-you-go up to the limit."""
    sums_of: dict[str, list[int | Decimal]] = {}
    for bucket in view.buckets(meter):
        sums = sums_of.setdefault(bucket.kind, [0, 0])
        sums[0] += bucket.used
        sums[1] += bucket.opening
    parts = [Part(used, size, COLOURS[kind]) for kind, (used, size) in sorted(sums_of.items(), key=_by_kind)]
    gauge, granted = view.gauge(meter), sum(part.size for part in parts)
    if gauge.size > granted:
        over = sum(line.quantity for line in view.accrued() if line.meter.name == meter)
        parts.append(Part(over, gauge.size - granted, COLOURS["over"]))
    return parts


# --- columns ----------------------------------------------------------------------------------------------------------


@frozen
class Column:
    """What a story shows of the wallet after each step. `width` 0 takes the room that is left."""

    heading: str
    width: int
    draw: Callable[[View, int], Text]
    right: bool = False

    def cell(self, text: Text, width: int) -> Text:
        """Pad a text to the column's width."""
        text = text.copy()
        space = " " * max(0, width - text.cell_len)
        return Text.assemble(space, text) if self.right else Text.assemble(text, space)


def gauge(meter: str = "tokens", *, width: int = 21) -> Column:
    """`[used/size]`, as the library writes it."""
    return Column("[used/size]", width, lambda view, _: Text(str(view.gauge(meter)), "bold"), right=True)


def used_bar(meter: str = "tokens", heading: str = "used, by who pays", width: int = 0) -> Column:
    """A bar of what is used, one piece for each kind of bucket."""
    return Column(heading, width, lambda view, cells: bar(used_parts(view, meter), cells))


def balance(heading: str, kind: str, size: int, *, width: int = 0, unit: str = "tokens") -> Column:
    """What is left of one kind, with a bar against its natural size."""

    def draw(view: View, cells: int) -> Text:
        left = view.by_kind(unit).get(kind, 0)
        drawn = bar([Part(min(left, size), size, COLOURS[kind])], cells - 8)
        return Text.assemble(drawn, (f"{left:>8,}", "bold" if left else "dim"))

    return Column(heading, width, draw, right=True)


def figure(heading: str, width: int, read: Callable[[View], str]) -> Column:
    """Any figure of a view."""
    return Column(heading, width, lambda view, _: Text(read(view), "bold"), right=True)


# --- stories ----------------------------------------------------------------------------------------------------------


def day(at: datetime) -> str:
    """`14 Jul`."""
    return f"{at.day:>2} {MONTHS[at.month - 1]}"


def kinds(sums: dict[tuple[str, str], int | Decimal]) -> str:
    """`500,000 quota + 0.30 USD credit`: the unit is said where it is not tokens."""
    parts = ((f"{amount:,}", "" if unit == "tokens" else f" {unit}", kind) for (kind, unit), amount in sums.items())
    return " + ".join(f"{amount}{unit} {kind}" for amount, unit, kind in parts)


def _of_entry(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Say what an entry did, beyond what its step is called: colour, word, figures."""
    if isinstance(entry, Spent):
        paid = kinds(entry.paid_by())
        post = [use.postpaid for use in entry.uses if use.postpaid is not None]
        paid = " + ".join(filter(None, [paid, *(f"{line.quantity:,} pay-as-you-go" for line in post)]))
        yield "dim", "paid by", paid
    elif isinstance(entry, PeriodOpened):
        if entry.carried:
            yield "dim", "carried", f"{sum(carry.amount for carry in entry.carried):,} to the bank"
        if entry.statement is not None:
            for line in entry.statement.lines:
                yield "bold", "statement", str(line)
    elif isinstance(entry, ToppedUp):
        yield "dim", "price", str(entry.price)
    elif isinstance(entry, PlanChangeScheduled) and entry.due is not None:
        yield "dim", "due", day(entry.due)
    if isinstance(entry, PeriodOpened | ClosedEntry) and entry.forfeited_by_kind():
        yield "dim", "forfeited", kinds(entry.forfeited_by_kind())
    elif isinstance(entry, PlanChanged | CountSet) and entry.forfeited:
        yield "dim", "forfeited", f"{sum(loss.amount for loss in entry.forfeited):,}"


def _of_request(request: Request) -> str:
    if isinstance(request, Bill):
        return f"bill {request.statement}"
    return f"charge {request.price}, offer {request.offer}"


def _of_notice(notice: Notice) -> str:
    return f"{notice.name}: {notice.unit.text(notice.figure_steps)}"


class Recorder(Console):
    """Shows a story to nobody, and keeps the ledgers of all that are told to it: title, wallet, entries."""

    def __init__(self) -> None:
        super().__init__(file=io.StringIO(), width=PIPED)
        self.ledgers: list[tuple[str, Wallet, tuple[Entry, ...]]] = []


@define
class Story:
    """Steps in the life of one wallet, printed as they are told; it keeps the ledger and checks it at the end."""

    to: Console
    title: str
    columns: list[Column] = field(factory=list)
    entries: list[Entry] = field(init=False, factory=list)
    _told: str = field(init=False, default="")

    def __attrs_post_init__(self) -> None:
        self.to.print()
        put(self.to, Text(self.title, "bold"))
        if self.columns:
            line = Text(" " * (self._event + 8))
            for column, width in self._widths():
                line.append("  ").append(column.cell(Text(column.heading[:width], "dim"), width))
            put(self.to, line)

    @property
    def _event(self) -> int:
        """The width of what happened: a quarter of what is there beyond the narrowest."""
        return 26 + (self.to.width - NARROWEST) // 4

    def _widths(self) -> list[tuple[Column, int]]:
        fixed = sum(column.width + 2 for column in self.columns)
        free = self.to.width - 8 - self._event - fixed
        return [(column, column.width or free) for column in self.columns]

    def tell(self, what: str, change: Change) -> Wallet:
        """Print a step and all that it gave rise to, and go on with the new wallet."""
        view = change.view
        line = self._start(what, view.at)
        for column, width in self._widths():
            line.append("  ").append(column.cell(column.draw(view, width), width))
        put(self.to, line)
        for entry in change.entries:
            for colour, word, text in _of_entry(entry):
                self.note(word, text, colour)
        for notice in change.notices:
            self.note("notice", _of_notice(notice), "yellow")
        for request in change.requests:
            self.note("request", _of_request(request), "magenta")
        self.entries += change.entries
        return change.wallet

    def refused(self, what: str, at: datetime, attempt: Callable[[], object]) -> None:
        """Print a step that the wallet refuses, why, and what would help."""
        put(self.to, self._start(what, at))
        try:
            attempt()
        except Refused as refusal:
            problem, _, _ = str(refusal).partition("; to go on: ")
            self.note("refused", problem, "red")
            if refusal.remedies:
                self.note("to go on", ", ".join(map(str, refusal.remedies)), "green")
        else:
            message = f"{what}: it was not refused"
            raise RuntimeError(message)

    def note(self, word: str, text: str, colour: str = "dim") -> None:
        """Print a line of detail below a step."""
        for number, part in enumerate(textwrap.wrap(text, self.to.width - 18)):
            lead = f"{word:<10}" if not number else " " * 10
            put(self.to, Text.assemble(" " * 8, (lead, colour), part if colour != "dim" else (part, "dim")))

    def end(self, wallet: Wallet) -> int:
        """Print that the ledger alone rebuilds the wallet, and say of how many entries it is.

        Raises:
            RuntimeError: it does not.
        """
        if replay(self.entries) != wallet:
            message = "the entries do not rebuild the wallet"
            raise RuntimeError(message)
        if isinstance(self.to, Recorder):
            self.to.ledgers.append((self.title, wallet, tuple(self.entries)))
        self._told = ""
        put(
            self.to,
            Text(
                f"        {len(self.entries)} entries in the ledger; replayed, they give this very wallet", "dim green"
            ),
        )
        return len(self.entries)

    def _start(self, what: str, at: datetime) -> Text:
        """Start a step's line with its day, where that is a new one."""
        said = day(at)
        line = Text.assemble((f"{said if said != self._told else '':<6}", "yellow"), "  ", f"{what:<{self._event}}")
        self._told = said
        return line
