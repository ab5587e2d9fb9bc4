"""What tests of cases share."""

from __future__ import annotations

from tests.kernel.flow.factories import heard

__all__ = ["heard"]
