"""What health says about the loops of a process."""

from shared.progress import Progress


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_loop_that_only_begins_again_is_stuck() -> None:
    """Being restarted is no progress: a loop that fails each time it begins is over its limit in the end."""
    clock = Clock()
    progress = Progress(monotonic=clock)
    for _ in range(4):
        progress.expect("dispatch", within_s=30)
        clock.seconds += 10

    assert progress.stuck() == {"dispatch": 40}


def test_a_loop_that_gets_round_is_not_stuck() -> None:
    """A beat, or saying what holds it up, counts; ready is told of the latter until the next beat."""
    clock = Clock()
    progress = Progress(monotonic=clock)
    progress.expect("dispatch", within_s=30)
    clock.seconds = 40
    progress.waits("dispatch", "smtp")

    assert progress.stuck() == {}
    assert progress.waiting() == {"dispatch": "smtp"}
    progress.beat("dispatch")
    assert progress.waiting() == {}
