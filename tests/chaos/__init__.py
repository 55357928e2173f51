"""Faults under load, in the manner of Jepsen: `python -m tests.chaos` (`make chaos`). See docs/how-to/chaos.md."""
