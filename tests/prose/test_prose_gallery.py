"""The gallery, read aloud: one plan of each of its files, word by word, and whole sentences in all of them."""

from __future__ import annotations

from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

import examples.plans
from tests.prose.test_prose_laws import ODD
from tokenpurse import Catalogue, Plan
from tokenpurse.prose import diff, explain
from tokenpurse.prose.words import Said

FILES = sorted(path.stem for path in Path(examples.plans.__path__[0]).glob("[!_]*.py"))

READ: dict[str, tuple[str, int, Said, str]] = {
    "bolt": (
        "pro_25",
        2,
        {},
        (
            "The plan costs 25.00 USD a month. You get 10,000,000 paid tokens every month, counted from the day "
            "you started; they can be used until the end of the next month.\n"
            "What expires soonest is used first. You can set a limit on how many tokens are used a month, "
            "counted anew on the 1st, UTC. When nothing is left, use stops.\n"
            "When you cancel, you go on with Free. A change to a larger plan takes effect at once; you start "
            "anew then, with the full allowance of the new plan; what is left of the paid tokens stays until it "
            "expires. A change to a plan that is not larger takes effect at the end of the month, and is not "
            "possible in a month with an upgrade. Cancelling takes effect at the end of the month."
        ),
    ),
    "clay": (
        "50k",
        1,
        {},
        (
            "You get 50,000 credits every month, counted from the day you started; what is left carries over, "
            "until you have twice the allowance (100,000 credits) together with the new allowance.\n"
            "You use the allowance first, then what was carried over. When nothing is left, use stops.\n"
            "When you cancel, you go on with Free. Cancelling takes effect at the end of the month."
        ),
    ),
    "copilot": (
        "pro",
        1,
        {},
        (
            "The plan costs 10.00 USD a month. You get 300 premium requests every month, on the 1st, UTC; what "
            "is left does not carry over.\n"
            "Each request takes 1 premium request; with the model large 10 times as much and with the model "
            "small 33 % of that. When the premium requests are used up, you can go on at 0.04 USD per premium "
            "request, billed at the end of the month. Until you set a limit, up to 1,000.00 USD, you can "
            "spend nothing on use a month.\n"
            "When you cancel, you go on with Free. Cancelling takes effect at the end of the month."
        ),
    ),
    "cursor": (
        "pro_yearly",
        1,
        {},
        (
            "The plan costs 200.00 USD a year, counted from the day you started. You get 20 dollars of use every "
            "month, counted from the day you started; what is left does not carry over.\n"
            "When the dollars of use are used up, you can go on at 1.00 USD per dollar of use, billed at the end "
            "of the month. Until you set a limit, up to 10,000.00 USD, you can spend nothing on use a month."
        ),
    ),
    "elevenlabs": (
        "creator",
        1,
        {},
        (
            "You get 100,000 credits every month, counted from the day you started, as soon as the month is paid "
            "for; what is left carries over, at most twice the allowance (200,000 credits) at a time, while you "
            "stay on this plan, until you have 3 times the allowance (300,000 credits) together with the new "
            "allowance. Each month must be paid for within 7 days of its start, or the plan ends. Until the "
            "month is paid for, what was left of the credits can still be used.\n"
            "You use the allowance first, then what was carried over. When the credits are used up, you can go "
            "on at 0.30 USD per 1,000 credits, billed at the end of the month, and before that each time 44.00 "
            "USD have run up.\n"
            "When you cancel, you go on with Free. A change to a larger plan takes effect at once; you start "
            "anew then, with the full allowance of the new plan; what is left of the allowance stays until it "
            "expires. A change to a plan that is not larger takes effect at the end of the month; you lose the "
            "allowance and what was carried over. Cancelling takes effect at the end of the month; you lose the "
            "allowance and what was carried over."
        ),
    ),
    "heygen": (
        "business",
        1,
        {"add_on": "add-on credits", "add_ons": "add-ons", "video_seconds": "seconds of video"},
        (
            "You get 1,000 credits and 300 credits as add-on credits for each add-on every month, counted from "
            "the day you started; they can be used for 30 days.\n"
            "You can buy packs of 3,600 credits as add-on credits for 150.00 USD each and packs of 100 credits "
            "as add-on credits for 5.00 USD each; what you buy can be used until 90 days after the plan is next "
            "paid for. If you wish, we buy credits for you whenever what is left falls below a level that you "
            "set. If an automatic payment is declined, we try again after 1 day; after 3 in a row automatic "
            "purchases are switched off.\n"
            "You use the allowance first, then add-on credits. Every 30 seconds of video take 0.5 credits, each "
            "time rounded up to a multiple of 0.5 credits. When nothing is left, use stops.\n"
            "A change to a larger plan takes effect at once; you start anew then, with the full allowance of the "
            "new plan; what is left of the allowance and add-on credits stays until it expires."
        ),
    ),
    "leonardo": (
        "starter",
        1,
        {},
        (
            "You get 25,000 tokens for each seat every month, counted from the day you started; what is left "
            "carries over, up to 3 times the allowance in all. You have at least 3 seats; each seat that you add "
            "brings its allowance in full; seats that you give up go when the month ends.\n"
            "You can buy tokens at 9.00 USD per 3,500 tokens; what you buy never expires.\n"
            "You use the allowance first, then what was carried over, then what you bought. When no tokens are "
            "left, service goes on in relaxed mode.\n"
            "When you cancel, you go on with Free. Cancelling takes effect at the end of the month; you lose "
            "what was carried over; what is left of the allowance of the month still carries over, if the new plan "
            "lets it."
        ),
    ),
    "lovable": (
        "pro",
        1,
        {},
        (
            "You get 100 credits every month, counted from the day you started; they can be used for 2 months. "
            "You get 5 daily credits (only with the feature build) every day, at midnight, UTC, at most 150 "
            "credits a month, counted anew on the 1st, UTC. You get 20 cloud credits (only with the feature "
            "cloud) and 4 ai credits (only with the feature ai) every month, counted from the day you started; "
            "what is left of the cloud credits, of the ai credits and of the daily credits does not carry over.\n"
            "You can buy credits at 30.00 USD per 100 credits; what you buy can be used for 12 months. If you "
            "wish, we buy credits for you whenever what is left falls to a level that you set. Automatic "
            "purchases are limited to 400 credits a month, counted anew on the 1st, UTC. If an automatic payment "
            "is declined, we try again after 1 day; after 3 in a row automatic purchases are switched off.\n"
            "What is for some use only is used before what is for all; among equals, what expires soonest is "
            "used first. When nothing is left, use stops.\n"
            "We tell you when you have 25 credits or less left. We tell you when you have no credits left. We "
            "tell you 7 days before any of your credits expire.\n"
            "When you cancel, you go on with Free. A change to a larger plan takes effect at once; what you used "
            "in the running month counts against the new plan's allowance; what you got of the daily credits "
            "for the running day counts towards what the new plan gives of it; automatic purchases pause until you "
            "set them up again. Cancelling takes effect at the end of the month."
        ),
    ),
    "make": (
        "core_10k",
        1,
        {},
        (
            "The plan costs 9.00 USD a month. You get 10,000 credits every month, counted from the day you "
            "started; what is left does not carry over.\n"
            "You can buy credits at 11.25 USD per 10,000 credits (at least 1,000 credits at a time); what you "
            "buy can be used until the end of the month. If you wish, we buy credits for you whenever nothing is "
            "left. Automatic purchases are limited to the allowance (10,000 credits) a month, counted from the "
            "day you started. If an automatic payment is declined, automatic purchases are switched off.\n"
            "You use the allowance first, then what you bought. When nothing is left, use stops.\n"
            "We tell you when you have used 75 % and 90 % of the allowance."
        ),
    ),
    "replit": (
        "core",
        1,
        {},
        (
            "You get 25 dollars of use every month, on the 1st; what is left does not carry over.\n"
            "You can buy packs of 100 dollars of use for 100.00 USD each, packs of 300 dollars of use for 290.00 "
            "USD each, packs of 500 dollars of use for 480.00 USD each and packs of 1,000 dollars of use for "
            "950.00 USD each; what you buy can be used for 6 months.\n"
            "You use the allowance first, then what you bought. When the dollars of use are used up, you can go "
            "on at 1.00 USD per dollar of use, billed at the end of the month, and before that each time 100.00 "
            "USD have run up. You can set a limit on what is spent a month, up to 10,000.00 USD.\n"
            "We tell you when you have used 80 % of the allowance.\n"
            "When you cancel, you go on with Starter. Cancelling takes effect at the end of the month."
        ),
    ),
    "runway": (
        "unlimited",
        1,
        {},
        (
            "You get 2,250 credits every month, counted from the day you started; what is left does not carry "
            "over.\n"
            "You can buy credits at 0.01 USD per credit (at least 1,000 credits at a time); what you buy never "
            "expires.\n"
            "What expires soonest is used first. When no credits are left, service goes on in explore mode.\n"
            "When you cancel, you go on with Free. Cancelling takes effect at the end of the month."
        ),
    ),
    "suno": (
        "pro",
        1,
        {},
        (
            "You get 2,500 credits every month, counted from the day you started. You get 50 daily credits as "
            "soon as you have nothing left of the allowance, at most once a day; what is left does not carry "
            "over.\n"
            "You can buy packs of 500 credits for 4.00 USD each; what you buy never expires.\n"
            "You use the allowance first, then the daily credits, then what you bought. When nothing is left, "
            "use stops.\n"
            "When you cancel, you go on with Basic. Cancelling takes effect at the end of the month."
        ),
    ),
    "v0": (
        "free",
        1,
        {},
        (
            "You get 5.00 USD of credit every month, on the 1st. You get unlimited messages. You get 2.00 USD of "
            "daily credit when you claim it, at most once a day; what is left does not carry over.\n"
            "What expires soonest is used first. On this plan only the allowance and the daily credit can be "
            "used; whatever else you have stays yours, but is locked. You can use at most 7 messages a day, "
            "counted anew at midnight; you can set a lower limit. When nothing is left, use stops."
        ),
    ),
    "zapier": (
        "yearly_750",
        1,
        {},
        (
            "The plan costs 240.00 USD a year, counted from the day you started. You get 750 tasks every month, "
            "counted from the day you started; what is left does not carry over.\n"
            "When the tasks are used up, you can go on at 1.25 times the plan's own price per task, billed at "
            "the end of the month. You can use at most 3 times the allowance (2,250 tasks) a month; you can set "
            "a lower limit."
        ),
    ),
}
"""By file: a plan and its revision, what its customers call its names, and what they read."""


def _plans(name: str) -> Catalogue:
    found = import_module(f"examples.plans.{name}").PLANS
    assert isinstance(found, Catalogue)
    return found


def test_each_file_is_read() -> None:
    """Whoever adds a product reads one of its plans aloud."""
    assert sorted(READ) == FILES


@pytest.mark.parametrize("name", READ)
def test_a_plan_of_each_product_reads_well(name: str) -> None:
    """Sentence by sentence: read it aloud before you change it."""
    plan, revision, words, text = READ[name]
    assert explain(_plans(name).get(plan, revision), words=words) == text


@pytest.mark.parametrize("name", FILES)
def test_all_plans_and_all_steps_between_them_are_whole_sentences(name: str) -> None:
    """Up and down: no name of the code, no zeros that say nothing, no one of many."""
    plans: list[Plan] = list(_plans(name))
    ways = [*pairwise(plans), *pairwise(reversed(plans))]
    for text in (*map(explain, plans), *(diff(old, new) for old, new in ways)):
        assert not ODD.search(text), ODD.search(text)
        assert "instead of of" not in text
