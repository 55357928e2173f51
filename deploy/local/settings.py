"""What the embedded stack takes from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """`PEERPATH_CACHE`: where fetched jars are kept for every checkout of this user."""

    model_config = SettingsConfigDict(env_prefix="PEERPATH_", env_ignore_empty=True)

    cache: Path = Path("~/.cache/peerpath")

    @property
    def cache_folder(self) -> Path:
        """The cache, as an absolute path."""
        return self.cache.expanduser().resolve()


class GivenServers(BaseSettings):
    """Servers somebody else runs, in place of our own; the commands read them, a stack in a test does not."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    kafka_url: str | None = Field(default=None, description="Bootstrap servers, host:port[,host:port].")
    mongo_url: SecretStr | None = Field(
        default=None, description="A replica set, as a user who may create users: mongodb://admin:pw@host/."
    )

    @classmethod
    def none(cls) -> "GivenServers":
        """Whatever the environment says, the stack runs its own."""
        return cls.model_construct(kafka_url=None, mongo_url=None)
