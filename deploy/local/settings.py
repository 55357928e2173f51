from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """What the embedded stack takes from the environment: `PEERPATH_CACHE`."""

    model_config = SettingsConfigDict(env_prefix="PEERPATH_")

    cache: Path = Path("~/.cache/peerpath")

    @property
    def cache_folder(self) -> Path:
        """Where fetched jars are kept for every checkout of this user."""
        return self.cache.expanduser().resolve()
