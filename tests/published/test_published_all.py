"""Cases that products publish, with their figures: each is played by a test of its id, or has a reason why not.

`test_bolt_reset_days__...` plays the case bolt-reset-days, on the plans of `examples/plans` where the product is there.
Where we answer otherwise than the page, the docstring says what the page answers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.named import named_below

HERE = Path(__file__).parent

SOURCES = """
https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits
  stripe-order-chain stripe-void-invoice-after-expiry stripe-void-invoice-live stripe-void-used-grant-refused
  stripe-100-unused-limit
https://docs.stripe.com/billing/subscriptions/billing-cycle
  stripe-anchor-31
https://docs.stripe.com/billing/subscriptions/usage-based/thresholds
  stripe-threshold-every-100usd stripe-volume-threshold-credit-back
https://docs.stripe.com/billing/subscriptions/usage-based-v1/use-cases/flat-fee-and-overages
  stripe-flat-fee-overage
https://docs.stripe.com/billing/subscriptions/usage-based/use-cases/credits-based-pricing-model
  stripe-usd-credits-two-meters
https://docs.stripe.com/api/idempotent_requests
  stripe-idempotency-params
https://docs.metronome.com/guides/customers-billing/optimize-customer-experience/get-remaining-balance
  metronome-ledger-63
https://docs.metronome.com/guides/customers-billing/optimize-customer-experience/prepaid-balance-thresholds
  metronome-recharge-tokens
https://docs.zuora.com/en/zuora-billing/bill-your-customer/usage-billing/prepaid-with-drawdown/create-prepayment-charge-with-rollover/create-prepayment-charge-with-rollover---zuora-ui/create-a-new-subscription
  zuora-rollover-1200
https://help.openai.com/en/articles/8264644-what-is-prepaid-billing
  openai-negative-then-buy
https://help.openai.com/en/articles/8264778-what-is-prepaid-billing
  openai-dispute-clawback
https://intercom.help/leonardo-ai/en/articles/9560707-token-rollover
  leonardo-bank-cap-essential leonardo-bank-cap-premium leonardo-bank-cap-ultimate leonardo-team-seats
  leonardo-order-new leonardo-cancel
https://intercom.help/leonardo-ai/en/articles/11702713-top-up-tokens
  leonardo-order-old
https://support.bolt.new/account-and-subscription/billing
  bolt-upgrade-prorated bolt-upgrade-full bolt-upgrade-difference
https://support.bolt.new/account-and-subscription/tokens
  bolt-reset-days bolt-downgrade-counts-month-use
https://bolt.new/pricing
  bolt-free-daily-and-monthly bolt-two-month-life
https://docs.lovable.dev/introduction/credits-and-usage
  lovable-free-30 lovable-daily-no-carry lovable-grants-then-soonest lovable-fractional
  lovable-auto-topup-limit
https://help.runwayml.com/hc/en-us/articles/21779280800787
  runway-upgrade-difference
https://help.runwayml.com/hc/en-us/articles/23987639973267
  runway-renew-or-cancel runway-price
https://community.clay.com/x/support/fmlhpvzbgy1g
  clay-total-cap
https://www.clay.com/faq/will-my-remaining-credits-stay-on-my-account-if-i-cancel-or-downgrade-my-subscription
  clay-cancel-200
https://community.clay.com/x/support/x6mhodaezucb
  clay-downgrade-100k-50k
https://help.elevenlabs.io, quoted at doublepost.link
  elevenlabs-2x-3x elevenlabs-downgrade-loses
https://www.make.com/en/help/general/extra-operations-auto-purchasing.html
  make-auto-purchase-cap
https://help.make.com/extra-credits
  make-extra-price make-extra-expiry
https://help.zapier.com/hc/en-us/articles/15279018245901
  zapier-ceiling
https://help.suno.com/en/articles/2418177
  suno-31 suno-daily-refill-to-50
https://help.heygen.com/en/articles/7842478-heygen-s-video-credits
  heygen-rounding
https://help.heygen.com/en/articles/11638296
  heygen-annual-monthly-grant heygen-addon
https://v0.app/docs/pricing
  v0-65-days v0-locked-purchases
https://docs.replit.com/billing/teams-billing/overview.md
  replit-packs
https://forum.cursor.com/t/subscription-model-plus-extra-usage/162021
  cursor-worst-case
https://cursor.com/help/models-and-usage/usage-limits.md
  cursor-anchor-noon
https://devactivity.com/insights/decoding-github-copilots-quota-reset-understanding-monthly-billing-and-usage-analytics
  copilot-resubscribe-same-month
"""
"""The pages, as they stood when they were read; below each of them its cases."""

NAMED = [case for line in SOURCES.splitlines() if line.startswith("  ") for case in line.split()]
IDS = set(NAMED)

# Only ever shorter: when a test plays a case, its line here has to go.
LISTED: dict[str, str] = {}
"""Cases without a test, each with the reason."""


def complaints_about(tests: Path) -> list[str]:
    """Say which cases have neither test nor reason, or both; an empty list if all is well."""
    named = {name.replace("_", "-") for name in named_below(tests, r"test_([a-z0-9]+(?:_[a-z0-9]+)*)__")}
    complaints = [f"{case}: no test is named after it" for case in sorted(IDS - set(LISTED) - named)]
    complaints += [f"{case}: a test is named after it, so it needs no reason" for case in sorted(named & set(LISTED))]
    return complaints + [f"{case}: there is no such case" for case in sorted(named - IDS)]


def test_every_case_is_played_or_listed() -> None:
    """One of the two, and not both."""
    complaints = complaints_about(HERE)
    assert not complaints, "\n".join(complaints)


def test_there_are_58_cases_and_the_listed_are_among_them() -> None:
    """The list of ids is complete, and whatever has no test has a reason."""
    assert len(IDS) == len(NAMED) == 58
    assert set(LISTED) <= IDS
    assert all(LISTED.values())


ALL_NAMED = "\n".join(f"def test_{case.replace('-', '_')}__is_right(): ..." for case in sorted(IDS - set(LISTED)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ALL_NAMED, []),
        (ALL_NAMED.replace("test_runway_price__", "test_runway_price_"), ["runway-price: no test is named after it"]),
        (ALL_NAMED + "\ndef test_suno_30__too(): ...", ["suno-30: there is no such case"]),
    ],
    ids=["all named", "one missing", "no case"],
)
def test_the_list_complains(source: str, expected: list[str], tmp_path: Path) -> None:
    """A case without test and reason is found, and so is a test without a case."""
    (tmp_path / "test_it.py").write_text(source, encoding="utf-8")
    assert expected == complaints_about(tmp_path)


def test_the_list_complains_of_a_reason_that_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that is both played and listed is found."""
    (tmp_path / "test_it.py").write_text(ALL_NAMED, encoding="utf-8")
    monkeypatch.setitem(LISTED, "runway-price", "why not")
    assert complaints_about(tmp_path) == ["runway-price: a test is named after it, so it needs no reason"]
