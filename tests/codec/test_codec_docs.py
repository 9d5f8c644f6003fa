"""Every plan that the documentation shows has a document, and comes back from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_docs import PAGES, run_page
from tokenpurse import Plan
from tokenpurse.codec import dump_plan, load_plan
from tokenpurse.policies import DrawPolicy


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_plan_of_a_page_comes_back(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are only passed on to a call as well; a policy of the page's own is given a name."""
    made: list[Plan] = []
    built = Plan.__attrs_post_init__

    def remembered(plan: Plan) -> None:
        built(plan)
        made.append(plan)

    monkeypatch.setattr(Plan, "__attrs_post_init__", remembered)
    run_page(page.read_text(encoding="utf-8"), str(page))
    monkeypatch.undo()
    assert made or "Plan(" not in page.read_text(encoding="utf-8")
    for plan in made:
        own: dict[str, DrawPolicy] = {"own": plan.draw}
        assert plan == load_plan(dump_plan(plan, policies=own), policies=own)
