"""How long a delivery waits: between attempts, for an address, and in all."""

from datetime import timedelta

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(days=5)
"""Since the first attempt. RFC 5321, 4.5.4.1: the give-up time generally needs to be at least 4-5 days."""
LEASE = timedelta(minutes=5)
"""How long a sender has for one attempt; after it another may try, so a crash delays and never loses."""
CONTACT_CHECK = timedelta(minutes=10)
CONTACT_PATIENCE = timedelta(days=30)


def pause_after(attempts: int, *, jitter: float) -> timedelta:
    """How long to wait after so many attempts: doubling, and by `jitter` (0 to 1) between half and whole."""
    whole: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 9), LONGEST_PAUSE)
    return whole * (0.5 + jitter / 2)


def lease_of(attempts: int) -> timedelta:
    """How long this attempt is its sender's; one that takes its sender down each time comes ever less often."""
    return max(LEASE, pause_after(attempts, jitter=1))
