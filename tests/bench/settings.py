"""How much to measure: BENCH_EVENTS, BENCH_PLAIN_EVENTS, BENCH_COMMANDS, BENCH_SECONDS, BENCH_PROFILE."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class BenchSettings(BaseSettings):
    """Small by default; enlarge on a machine of your own."""

    model_config = SettingsConfigDict(env_prefix="BENCH_")

    events: int = Field(default=20_000, ge=1_000, description="Events for the batch measurements.")
    plain_events: int = Field(
        default=2_000, ge=100, description="Events for the handler that works one by one."
    )
    commands: int = Field(default=4_000, ge=200, description="HTTP requests per way, in two rounds.")
    at_once: int = Field(default=32, ge=1)
    seconds: int = Field(default=10, ge=1, description="How long to send events at a steady rate.")
    per_second: int = Field(default=200, ge=1)
    profile: str | None = Field(default=None, description="A file for a cProfile of the reactions.")
