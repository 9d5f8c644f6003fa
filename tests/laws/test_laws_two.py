"""Two wallets on nasty plans keep the laws that `machine` states, and what goes between them is what was there."""

from __future__ import annotations

from hypothesis import settings

from tests.laws.two import Both

# Fewer histories than a profile says, and longer ones: what is nasty comes late.
Both.TestCase.settings = settings(settings.default)
TestBoth = Both.TestCase
