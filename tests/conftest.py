"""Settings for every test: on a build server the examples that Hypothesis draws are the same each time."""

from __future__ import annotations

import os

from hypothesis import settings

# A property that fails once in a thousand runs is to be found while working, not by whoever lands next.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("work", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "work")
