"""For tests that run a stack of their own: they end its servers, or are about the stack itself."""

from functools import cache

import pytest

from deploy.local.errors import UnsupportedPlatform
from deploy.local.kafka import find_java
from deploy.local.mongo import find_mongod


@cache
def _why_not() -> str:
    """Empty where the embedded stack can run."""
    try:
        find_mongod(), find_java()
    except UnsupportedPlatform as problem:
        return f"needs the embedded stack: {problem}"
    return ""


needs_embedded = pytest.mark.skipif(bool(_why_not()), reason=_why_not() or "-")
"""Skips where this machine can't run one, and says why."""
