"""The keys of one OpenID Connect issuer: read from its discovery document, kept for a bounded time.

They are read again when they are ten minutes old, so that a key the issuer withdrew stops working; old ones serve
for an hour at most while the issuer is down. A token that names a key we don't have has them read at once, at most
every ten seconds.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import jwt
import structlog

from shared.settings import Environment, ServiceSettings
from shared.web.problems import IssuerUnavailable

log = structlog.get_logger(__name__)

ALGORITHMS = ("RS256", "ES256", "EdDSA")
FRESH_S = 600.0
KEPT_S = 3_600.0
TRY_EVERY_S = 10.0
TIMEOUT_S = 3.0
DEVELOPMENT_MARK = "peerpath_development"

Keys = Mapping[str | None, jwt.PyJWK]


class KeySet:
    """The issuer's signing keys by their id."""

    def __init__(
        self,
        settings: ServiceSettings,
        http: httpx.AsyncClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = settings.oidc_issuer
        self._production = settings.environment is Environment.PRODUCTION
        self._http = http
        self._monotonic = monotonic
        self._keys: Keys = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._down = False
        self._reading = asyncio.Lock()

    async def get(self, kid: str | None) -> jwt.PyJWK | None:
        """The key with this id, or None where the issuer has no such key.

        Raises:
            IssuerUnavailable: the issuer does not say, and what it said last is too old or lacks this key.
        """
        await self._keep_fresh(wanted=kid)
        found = self._keys.get(kid) if self._age < KEPT_S else None
        if found is None and self._down:
            raise IssuerUnavailable
        return found

    async def read(self) -> None:
        """Read the keys now.

        Raises:
            IssuerUnavailable: it does not answer, or not as an issuer does; the message says what is wrong.
        """
        self._tried_at = self._monotonic()
        self._down = True
        try:
            self._keys = await self._from_issuer()
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as problem:
            raise IssuerUnavailable(f"{self._issuer}: {type(problem).__name__}: {problem}") from None
        self._down = False
        self._read_at = self._tried_at

    @property
    def _age(self) -> float:
        return self._monotonic() - self._read_at

    async def _keep_fresh(self, *, wanted: str | None) -> None:
        usable = wanted in self._keys and self._age < KEPT_S
        if usable and (self._age < FRESH_S or self._reading.locked()):
            return  # Fresh enough, or somebody else is already at it and the old ones will do meanwhile.
        async with self._reading:
            if self._monotonic() - self._tried_at < TRY_EVERY_S:
                return
            try:
                await self.read()
            except IssuerUnavailable as problem:
                log.warning("issuer_unavailable", problem=str(problem))

    async def _from_issuer(self) -> Keys:
        discovery = await self._json(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
        if discovery.get("issuer") != self._issuer:
            raise ValueError(
                f"OIDC_ISSUER is another than the one it names itself: {discovery.get('issuer')!r}"
            )
        if self._production and discovery.get(DEVELOPMENT_MARK):
            raise ValueError(
                "OIDC_ISSUER is the development issuer, which lets anybody be anyone; production refuses it"
            )
        return _signing(await self._json(discovery["jwks_uri"]))

    async def _json(self, url: str) -> dict[str, Any]:
        answer = await self._http.get(url, timeout=TIMEOUT_S)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


def _signing(document: Mapping[str, Any]) -> Keys:
    """Of a JSON Web Key Set (RFC 7517) the keys that sign, with a method we accept."""
    keys = jwt.PyJWKSet.from_dict(dict(document)).keys
    return {
        key.key_id: key
        for key in keys
        if key.public_key_use in (None, "sig") and key.algorithm_name in ALGORITHMS
    }
