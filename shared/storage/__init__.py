"""Storage. Whoever imports the driver imports this first: see below."""

import sys

# The driver imports libmongocrypt's bindings as soon as they are installed, and needs them for nothing here: they
# would cost every process a part of its start. They are loaded with the first key that is used (`crypt.py`).
sys.modules["pymongocrypt"] = None  # type: ignore[assignment]
try:
    import motor.motor_asyncio  # noqa: F401
    import pymongo  # noqa: F401
finally:
    del sys.modules["pymongocrypt"]
