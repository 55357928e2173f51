"""Counting what goes to the database."""

from collections import Counter

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent


class RoundTrips(CommandListener):
    """Commands sent to MongoDB, by name; signing in is not among them."""

    def __init__(self) -> None:
        self.by_name: Counter[str] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """One more."""
        if not event.command_name.startswith("sasl"):
            self.by_name[event.command_name] += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Counted already."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Counted already."""
