"""How much to measure: BENCH_EVENTS, BENCH_COMMANDS, BENCH_PARTS and so on, as the fields below are called."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

USUAL = 32


class BenchSettings(BaseSettings):
    """Small by default; enlarge on a machine of your own. Lists are JSON: BENCH_PARTS='["relay"]'."""

    model_config = SettingsConfigDict(env_prefix="BENCH_")

    parts: tuple[str, ...] = ("consuming", "relay", "latency", "commands", "scale", "memory")
    events: int = Field(default=20_000, ge=1_000, description="Events for the batch measurements.")
    plain_events: int = Field(
        default=2_000, ge=100, description="Events for the handler that works one by one."
    )
    commands: int = Field(default=4_000, ge=800, description="HTTP requests per way, in two rounds.")
    at_once: tuple[int, ...] = (USUAL, 1, 8, 128)
    seconds: int = Field(default=10, ge=1, description="How long to send events at a steady rate.")
    per_second: int = Field(default=200, ge=1)
    few_persons: int = Field(default=10_000, ge=100)
    many_persons: int = Field(default=1_000_000, ge=1_000)
    profile: str | None = Field(default=None, description="A file for a cProfile of the reactions.")
    written: Path = Field(default=Path(".local/bench.json"), description="Where the ratios are written.")

    @property
    def usual(self) -> int:
        """How many commands at once, where only one number is measured."""
        return self.at_once[0]
