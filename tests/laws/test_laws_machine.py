"""Every history that the machine walks keeps the laws that `machine` states."""

from __future__ import annotations

from tests.laws.machine import Histories

TestHistories = Histories.TestCase
