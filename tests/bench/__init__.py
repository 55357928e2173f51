"""`python -m tests.bench`: what the guarantees cost, beside the plain way of doing the same, in one run."""
