"""How long tests that generate their own cases go on.

``HYPOTHESIS_PROFILE=thorough`` tries fifty times as many; ``ci`` makes every run the same.
"""

import os

from hypothesis import settings

# A machine that is busy with something else is slow, not wrong.
settings.register_profile("everyday", deadline=None, max_examples=60, stateful_step_count=30)
settings.register_profile("ci", settings.get_profile("everyday"), derandomize=True, database=None)
settings.register_profile("thorough", settings.get_profile("everyday"), max_examples=3000, stateful_step_count=60)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "everyday"))
