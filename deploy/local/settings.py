"""What the embedded stack takes from the environment."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """`PEERPATH_CACHE`: where fetched jars are kept for every checkout of this user.

    `PEERPATH_FREE_PORTS`: the first and the last port that "any free port" may be.
    """

    model_config = SettingsConfigDict(env_prefix="PEERPATH_", env_ignore_empty=True)

    cache: Path = Path("~/.cache/peerpath")
    # Below the range the kernel gives to outgoing connections. In that range a client that reconnects to a
    # stopped broker can, by chance, be given the broker's own port, connect to itself and keep it taken.
    free_ports: str = Field(default="20000-31999", pattern=r"^\d{4,5}-\d{4,5}$")

    @property
    def cache_folder(self) -> Path:
        """The cache, as an absolute path."""
        return self.cache.expanduser().resolve()

    @property
    def free_range(self) -> range:
        """The free ports, from the first to the last."""
        first, last = map(int, self.free_ports.split("-"))
        return range(first, last + 1)


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
