"""How every test runs; what tests share beyond that is in `tests/support`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline and no complaint about slowness: a busy machine is not a defect of the library.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# The same examples in every run, so that a red build is red again on the next machine.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, database=None, print_blob=True)
# A campaign of hours, on purpose: `pytest tests/laws --hypothesis-profile=long`.
settings.register_profile("long", settings.get_profile("default"), max_examples=10_000, stateful_step_count=60)
settings.load_profile("ci" if os.environ.get("CI") else "default")
