"""The journal for accountants: the real beancount accepts it, of every ledger there is, and nothing altered."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from examples.accounting.journal import journal
from examples.systems.__main__ import SYSTEMS
from examples.systems.packages import CHATBOT
from examples.terminal import Recorder
from tests.laws.stories import stories
from tests.support.outside import needs
from tokenpurse import Allowance, Balance, Catalogue, LateUse, Life, Offer, Plan, Wallet, replay, transfer
from tokenpurse.entries import Entry
from tokenpurse.errors import HistoryError

try:
    from beancount import loader
except ModuleNotFoundError:
    loader = None  # type: ignore[assignment]  # not installed

PROJECT = Path(__file__).parents[2]

checked = needs("beancount", extra="accounting")
"""Whatever asks the real beancount."""


@cache
def played() -> dict[str, tuple[Wallet, tuple[Entry, ...]]]:
    """All ledgers of the five documented systems, by what their stories are called."""
    ledgers = {}
    for system in SYSTEMS:
        recorder = Recorder()
        system.main(recorder)
        name = system.__name__.rpartition(".")[2]
        ledgers |= {f"{name}: {title}": (wallet, entries) for title, wallet, entries in recorder.ledgers}
    return ledgers


@cache
def told() -> dict[str, tuple[Wallet, Sequence[Entry]]]:
    """Those, and histories with every kind of entry there is."""
    return {**played(), **{f"story {n}": (story.wallet, story.entries) for n, story in enumerate(stories())}}


def errors_in(text: str) -> list[str]:
    """What beancount says is wrong with a journal."""
    _, errors, _ = loader.load_string(text)
    return [error.message for error in errors]


def booked(text: str, account: str) -> Decimal:
    """All that was ever booked on an account and those below it, in its one commodity."""
    return sum((Decimal(steps) for steps in re.findall(rf"^  {account}\S* +(\S+) ", text, re.MULTILINE)), Decimal(0))


# -- beancount -------------------------------------------------------------------------------------------------------


@checked
@pytest.mark.parametrize("name", told())
def test_bean_check_accepts_it(name: str) -> None:
    """Every transaction comes to nothing, and every assertion of what the wallet says is what was booked."""
    text = journal([told()[name]])
    assert " balance " in text
    assert errors_in(text) == []


def test_all_five_systems_are_told() -> None:
    assert {name.partition(":")[0] for name in played()} == {"quota", "rollover", "packages", "payg", "credits"}


def altered(line: str) -> str | None:
    """A posting or an assertion with its amount one smallest step higher; `None`: it is neither."""
    found = re.fullmatch(r"(?:  |\S+ balance )\S+ +(-?[\d.]+)( ~ 0)? [A-Z_-]+", line)
    if found is None:
        return None
    amount = Decimal(found[1])
    return line[: found.start(1)] + str(amount + Decimal((0, (1,), amount.as_tuple().exponent))) + line[found.end(1) :]  # type: ignore[arg-type]  # it is finite


@checked
@pytest.mark.parametrize("name", ["rollover: after cancelling, top-ups are locked, not lost", "story 12"])
def test_one_step_more_or_less_anywhere_is_found(name: str) -> None:
    """A control: a journal that says something else than the wallet, or does not add up, is refused."""
    lines = journal([told()[name]]).splitlines()
    found = 0
    for place, line in enumerate(lines):
        other = altered(line)
        if other is not None:
            found += 1
            assert errors_in("\n".join([*lines[:place], other, *lines[place + 1 :]])), line
    assert found > 20


@checked
def test_a_transaction_that_is_left_out_or_doubled_is_found() -> None:
    """A control: each of them adds up by itself, and what the wallet has is something else."""
    text = journal([played()["credits: one month on pro"]])
    whole = re.findall(r"^\d{4}-\d\d-\d\d \* .*\n(?:  .*\n)+", text, re.MULTILINE)
    assert len(whole) > 8
    for one in whole:
        assert errors_in(text.replace(one, "", 1))
        assert errors_in(text.replace(one, one + "\n" + one, 1))


@checked
def test_one_command_writes_the_journals_and_bean_check_takes_them(tmp_path: Path) -> None:
    """A file for each story; the tool itself is silent about all of them, and not about a wrong one."""
    command = [sys.executable, "-m", "examples.accounting", str(tmp_path / "books")]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)  # noqa: S603  # our own program
    files = [Path(line) for line in done.stdout.splitlines()]
    assert sorted(files) == sorted((tmp_path / "books").iterdir())
    assert len(files) == len(played())
    tool = shutil.which("bean-check", path=sysconfig.get_path("scripts"))
    assert tool is not None
    for path in files:
        subprocess.run([tool, str(path)], check=True)  # noqa: S603  # the real one
    path.write_text(path.read_text(encoding="utf-8").replace("balance ", "balance Equity:Nowhere 5 X ; ", 1))
    assert subprocess.run([tool, str(path)], check=False, capture_output=True).returncode == 1  # noqa: S603  # the real one


def test_the_command_wants_a_folder() -> None:
    command = [sys.executable, "-m", "examples.accounting"]
    done = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)  # noqa: S603  # our own program
    assert (done.returncode, done.stderr) == (1, "python -m examples.accounting FOLDER\n")


# -- what it says ----------------------------------------------------------------------------------------------------


def test_of_each_price_the_part_that_is_used_is_revenue_and_the_rest_deferred() -> None:
    """110 USD of credits were paid for, 60 of them used; quota is used for nothing."""
    text = journal([played()["credits: one month on pro"]])
    assert booked(text, "Assets:Payments") == 110
    assert booked(text, "Income:Acme:Used:Credit") == -60
    assert booked(text, "Liabilities:Acme:Deferred:Credit") == -50


def test_what_is_lost_of_what_was_paid_for_is_revenue_too_by_how_it_was_lost() -> None:
    """1,500 of 5,000 tokens for 5 USD were used; the rest went with the wallet."""
    text = journal([played()["rollover: after cancelling, top-ups are locked, not lost"]])
    figures = [booked(text, f"Income:Ben:{how}:TopUp") for how in ("Used", "Forfeited")]
    assert figures == [Decimal("-1.5"), Decimal("-3.5")]
    assert booked(text, "Liabilities:Ben:Deferred") == 0


def test_a_statement_is_owed_until_it_is_paid() -> None:
    wallet, entries = played()["payg: a limit of 20,000: use goes on, and is billed"]
    text = journal([(wallet, entries)])
    assert booked(text, "Income:Org:PayAsYouGo") == -booked(text, "Assets:Org:Receivable") == Decimal("-7.04")
    (bill,) = wallet.at(wallet.clock).pending()
    paid = wallet.confirm(bill, at=wallet.clock, payment="pay_9")
    text = journal([(paid.wallet, [*entries, *paid.entries])])
    assert (booked(text, "Assets:Org:Receivable"), booked(text, "Assets:Payments")) == (0, Decimal("7.04"))


def at(day: int) -> datetime:
    return datetime(2026, 7, day, tzinfo=UTC)


PACKS = Plan(
    "pro",
    allowances=[Allowance(100)],
    offers=[Offer("pack", price=Decimal(1), pack=10, bonus=2, life=Life(days=20))],
)


class Books:
    """A wallet with all its entries, and its journal."""

    def __init__(self, plan: Plan = PACKS, id: str = "acme", **more: Any) -> None:
        change = Wallet.open(plan, id=id, at=at(1), **more)
        self.wallet, self.entries = change.wallet, [*change.entries]

    def __call__(self, verb: str, *args: Any, day: int = 2, **named: Any) -> None:
        change = getattr(self.wallet, verb)(*args, at=at(1) + timedelta(days=day - 1), **named)
        self.wallet, self.entries = change.wallet, [*self.entries, *change.entries]

    def has(self, *accounts: str) -> list[Decimal]:
        """What was booked on accounts of a journal that beancount accepts, where it is there to be asked."""
        text = journal([(self.wallet, self.entries)])
        assert loader is None or errors_in(text) == []
        return [booked(text, account) for account in accounts]


def test_money_that_goes_back_is_taken_from_what_is_deferred_first_and_then_from_revenue() -> None:
    """3.00 for 30 tokens, 12 used after a bonus of 2: of what went back 1.80 was deferred still, 1.20 was revenue."""
    books = Books()
    books("top_up", "pack", 30, payment="p")
    books("spend", 100 + 2 + 12)
    books("claw_back", "p", used="debt")
    assert books.has("Assets:Payments", "Liabilities:Acme:Deferred") == [0, 0]
    assert books.has("Income:Acme:Used", "Income:Acme:ClawedBack") == [Decimal("-1.2"), Decimal("1.2")]
    books("reinstate", "p", day=3)
    assert books.has("Assets:Payments", "Income", "Liabilities:Acme:Deferred") == [3, Decimal("-1.2"), Decimal("-1.8")]


def test_what_others_paid_the_debt_of_is_deferred_again_when_its_money_comes_again() -> None:
    """Twelve tokens of the second payment were used for the debt of the first, which has all of its own again."""
    books = Books()
    books("top_up", "pack", 30, payment="p")
    books("spend", 100 + 2 + 12)
    books("claw_back", "p", used="debt")
    books("top_up", "pack", 50, payment="q")
    assert books.has("Liabilities:Acme:Deferred:TopUp", "Assets:Acme:Owed") == [Decimal("-3.8"), 0]
    books("reinstate", "p", day=3)
    assert books.has("Assets:Payments", "Liabilities:Acme:Deferred:TopUp") == [8, Decimal("-6.8")]


def test_what_is_held_is_deferred_until_it_is_used() -> None:
    """Of 20 that are set aside 5 are used: half a dollar."""
    books = Books()
    books("top_up", "pack", 30, payment="p")
    books("spend", 100 + 2)
    books("hold", 20, ref="run", until=at(9))
    assert books.has("Liabilities:Acme:Held", "Income", "Liabilities:Acme:Deferred") == [-20, 0, -3]
    books("capture", "run", 5)
    assert books.has("Liabilities:Acme:Held", "Liabilities:Acme:Left:TopUp") == [0, -25]
    assert books.has("Income:Acme:Used:TopUp", "Liabilities:Acme:Deferred") == [Decimal("-0.5"), Decimal("-2.5")]


FREE = Plan(
    "free",
    allowances=[Allowance(Decimal(1), "USD")],
    offers=[Offer("credits", unit="USD", price=Decimal(1)), Offer("trial", unit="USD", price=Decimal(0))],
)


def test_of_what_cost_nothing_no_money_goes_back() -> None:
    """10.00 USD of credits were paid, and 40.00 came for nothing: taken back, it takes no money along."""
    books = Books(FREE)
    books("top_up", "credits", Decimal(10), payment="p")
    books("top_up", "trial", Decimal(40), payment="t")
    books("claw_back", "t", day=3)
    assert books.has("Assets:Payments", "Income", "Liabilities:Acme:Deferred") == [10, 0, -10]
    books("reinstate", "t", day=4)
    assert books.has("Assets:Payments", "Income", "Liabilities:Acme:Deferred") == [10, 0, -10]


def test_of_what_was_brought_for_nothing_no_money_goes_back_either() -> None:
    """A price of 0 is a price that nobody paid."""
    books = Books(balances=[Balance("top_up", 40, paid=Decimal(0), payment="free")])
    books("spend", 110)
    books("claw_back", "free", day=3)
    assert books.has("Assets:Payments", "Income", "Liabilities:Acme:Deferred") == [0, 0, 0]


def test_a_gift_whose_share_of_the_price_is_nothing_takes_no_money_back() -> None:
    """Half a millionth for each token: the token that went to the other wallet took no money along."""
    old = Balance("top_up", 10, paid=Decimal("0.000005"), payment="p")
    books, other = Books(balances=[old]), Books(id="ben")
    pair = transfer(books.wallet, other.wallet, 1, at=at(2), ref="gift")
    other.wallet, other.entries = pair.taker.wallet, [*other.entries, *pair.taker.entries]
    other("claw_back", "p", day=3)
    assert other.has("Assets:Payments", "Equity:Gifts", "Income", "Liabilities:Ben:Deferred") == [0, 0, 0, 0]


@pytest.mark.parametrize(("ends", "earned"), [("release", Decimal("-0.5")), ("capture", Decimal("-0.7"))])
def test_money_for_what_is_held_takes_revenue_along_until_the_hold_ends(ends: str, earned: Decimal) -> None:
    """1.00 for 10, of which 5 are used and 5 held: 0.30 go back at once, and their 3 tokens only with the hold."""
    books = Books()
    books("top_up", "pack", 10, payment="p")
    books("spend", 100 + 2 + 5)
    books("hold", 5, ref="run", until=at(9))
    assert books.has("Income", "Liabilities:Acme:Deferred") == [Decimal("-0.5"), Decimal("-0.5")]
    books("claw_back", "p", refunded=Decimal("0.3"), day=3)
    assert books.has("Income", "Liabilities:Acme:Deferred") == [Decimal("-0.35"), Decimal("-0.35")]
    books(ends, "run", day=4)
    assert books.has("Income", "Assets:Payments") == [earned, Decimal("0.7")]


def test_use_beyond_what_there_is_is_owed_and_given_back_first() -> None:
    books = Books()
    books("spend", 107, overdraw=True)
    assert books.has("Assets:Acme:Owed", "Equity:Acme:Used") == [7, -107]
    books("refund", books.entries[-1], 10)
    assert books.has("Assets:Acme:Owed", "Equity:Acme:Used", "Liabilities:Acme:Left") == [0, -97, -3]


def test_late_use_of_what_was_given_in_mid_period_takes_of_what_was_forfeited() -> None:
    """Seats that were added give more at once, and three of it are used after the month was over."""
    late = LateUse("own", grace=timedelta(days=5))
    books = Books(Plan("seats", allowances=[Allowance(8, per="seats")], late_use=late))
    books("set_count", "seats", 2, day=10, when="now")
    books("spend", 3, day=33, occurred_at=at(20))
    assert books.has("Equity:Acme:Used", "Equity:Acme:Forfeited", "Liabilities:Acme:Left") == [-3, -13, -16]


def test_what_comes_back_into_the_new_plans_quota_is_left_of_that() -> None:
    free = Plan("free", allowances=[Allowance(6)])
    lots = Plan("lots", allowances=[Allowance(9, life=Life(periods=2))], rank=2)
    books = Books(free, catalogue=Catalogue([free, lots]))
    books("hold", 6, ref="run", until=timedelta(days=9), day=3)
    books("change_plan", "lots", day=4, when="now")
    books("release", "run", day=5)
    assert books.has("Liabilities:Acme:Left:Quota", "Liabilities:Acme:Held") == [-9, 0]


def test_in_the_end_everything_is_asserted() -> None:
    """Also what the last day did not touch: what is left, deferred, owed, and all that was issued and used."""
    wallet, entries = played()["credits: one month on pro"]
    *_, last = re.split(r"^\d{4}-\d\d-\d\d \* ", journal([(wallet, entries)]), flags=re.MULTILINE)
    asserted = set(re.findall(r"^2026-04-06 balance (\S+) ", last, re.MULTILINE))
    standing = {f"Liabilities:Acme:{name}" for name in ("Left:Quota", "Left:Credit", "Deferred:Credit")}
    assert asserted == standing | {"Assets:Acme:Owed", "Equity:Acme:Issued", "Equity:Acme:Used"}
    assert re.search(r"balance Equity:Acme:Used +-60.000000 ~ 0 USD-CREDIT", last)


def test_what_is_deferred_of_a_bucket_that_is_over_and_held_is_not_asserted() -> None:
    """The wallet lists no such bucket, and so no price of it; all else is asserted, and that again after the hold."""
    books = Books()
    books("top_up", "pack", 10, payment="p")
    books("spend", 100 + 2)
    books("hold", 5, ref="run", until=timedelta(days=30))
    books("advance", day=25)
    assert books.has("Liabilities:Acme:Deferred", "Liabilities:Acme:Held") == [Decimal("-0.5"), -5]
    asserted = re.findall(r"^2026-07-23 balance (\S+)", journal([(books.wallet, books.entries)]), re.MULTILINE)
    assert "Liabilities:Acme:Held:TopUp" in asserted
    assert "Liabilities:Acme:Deferred:TopUp" not in asserted
    books("release", "run", day=26)
    assert re.search(r"balance Liabilities:Acme:Deferred:TopUp +0.000000", journal([(books.wallet, books.entries)]))


def test_the_page_has_every_account_that_is_written() -> None:
    """Of all journals of all ledgers, and of wallets that come from another system with debt, use and prices."""
    brought = Books(balances=[Balance("top_up", 40, paid=Decimal(4))], used={"tokens": 30}, debt={"tokens": 500})
    page = (PROJECT / "docs" / "accounting.md").read_text(encoding="utf-8")
    said, root = set(), ""
    for name in re.findall(r"`((?:\w+:)?(?:…)?:\w+|\w+:\w+)`", "".join(re.findall(r"^\|(.*?)\|", page, re.MULTILINE))):
        root = name.partition(":")[0] or root
        said.add(f"{root}:{name.rpartition(':')[2]}")
    ways = set(re.findall(r"`(\w+)`", next(line for line in page.splitlines() if "`Equity:…:Issued`" in line)))
    for ledger in [*told().values(), (brought.wallet, brought.entries)]:
        for account in re.findall(r"^\S+ open (\S+)", journal([ledger]), re.MULTILINE):
            top, owner, *more = account.split(":")
            assert f"{top}:{more[0] if more else owner}" in said, account
            assert more[:1] != ["Issued"] or set(more[1:]) <= ways, account


@checked
def test_two_wallets_share_a_journal_and_a_gift_takes_its_price_along() -> None:
    """What was deferred for one customer is deferred for the other."""
    old = Balance("top_up", 30, paid=Decimal(3), payment="old")
    first = Wallet.open(PACKS, id="acme", at=at(1), balances=[old])
    other = Wallet.open(PACKS, id="team/ben-1", at=at(1))
    pair = transfer(first.wallet, other.wallet, 20, at=at(2), ref="gift")
    used = pair.taker.wallet.spend(105, at=at(3))
    text = journal(
        [
            (pair.giver.wallet, [*first.entries, *pair.giver.entries]),
            (used.wallet, [*other.entries, *pair.taker.entries, *used.entries]),
        ]
    )
    assert errors_in(text) == []
    assert booked(text, "Equity:Gifts") == 0
    assert booked(text, "Liabilities:Acme:Deferred") == -1
    assert booked(text, "Liabilities:TeamBen1:Deferred") < booked(text, "Income:TeamBen1:Used") < 0


def test_what_is_not_the_wallets_is_not_written() -> None:
    wallet, entries = played()["packages: ten packages, until the end of August"]
    with pytest.raises(HistoryError):
        journal([(wallet, entries[:-1])])
    named = tuple(evolve(entry, wallet="Site") for entry in entries)
    both = [(wallet, entries), (replay(named, catalogue=Catalogue([CHATBOT])), named)]
    with pytest.raises(ValueError, match="the accounts of wallet Site would be those of another one: Site"):
        journal(both)
