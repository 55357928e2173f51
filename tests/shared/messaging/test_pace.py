"""The pace of a retry, on a clock of the test's own."""

from shared.messaging.pace import Pace


class Clock:
    """Time that passes only while somebody pauses, or says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    async def pause(self, seconds: float) -> None:
        self.now += seconds


async def test_turns_come_evenly() -> None:
    """At twenty a second the twenty-first comes after one second."""
    clock = Clock()
    pace = Pace(per_second=20, monotonic=clock.monotonic, pause=clock.pause)
    for _ in range(21):
        assert await pace.turn()
    assert round(clock.now, 6) == 1.0


async def test_time_that_was_lost_is_not_made_up_for() -> None:
    """After a slow turn the next comes at once, and the one after it at its distance again."""
    clock = Clock()
    pace = Pace(per_second=10, monotonic=clock.monotonic, pause=clock.pause)
    await pace.turn()
    clock.now += 5
    await pace.turn()
    await pace.turn()
    assert round(clock.now, 6) == 5.1


async def test_it_ends_when_the_time_is_up() -> None:
    """A turn that would come after the end does not come, and nobody waits for it."""
    clock = Clock()
    pace = Pace(per_second=2, within_s=1.2, monotonic=clock.monotonic, pause=clock.pause)
    assert [await pace.turn() for _ in range(4)] == [True, True, True, False]
    assert clock.now == 1.0


async def test_without_a_rate_nobody_waits() -> None:
    """As fast as it goes."""
    clock = Clock()
    pace = Pace(monotonic=clock.monotonic, pause=clock.pause)
    for _ in range(100):
        assert await pace.turn()
    assert clock.now == 0
