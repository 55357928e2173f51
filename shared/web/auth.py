"""Who is asking: bearer JWTs of any OpenID Connect issuer (RFC 9068 style), checked against its keys.

The subject is the person's id; the claim `grants` lists `{role, site}`. Keys come from the issuer's discovery
document and are read again, at most every ten seconds, when a token names a key we don't have.
"""

import asyncio
import time
from typing import Any

import httpx
import jwt
from fastapi import Request
from pydantic import ValidationError

from shared.domain.people import Actor
from shared.settings import Environment, ServiceSettings
from shared.web.problems import Unauthenticated

ALGORITHMS = ["RS256", "ES256", "EdDSA"]
REFRESH_AT_MOST_EVERY_S = 10.0
REMEMBERED_S = 60.0
REMEMBERED_TOKENS = 10_000
DEVELOPMENT_MARK = "peerpath_development"


class Issuer:
    """One OpenID Connect issuer and its keys."""

    def __init__(self, settings: ServiceSettings, http: httpx.AsyncClient) -> None:
        self._issuer = settings.oidc_issuer
        self._url = settings.oidc_issuer.rstrip("/")
        self._audience = settings.oidc_audience
        self._production = settings.environment is Environment.PRODUCTION
        self._http = http
        self._keys: dict[str | None, Any] = {}
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()
        self._known: dict[str, tuple[Actor, float]] = {}

    async def actor(self, token: str) -> Actor:
        """The person a token stands for.

        A token that held is remembered for a minute, or until it expires: checking a signature costs more than
        the rest of a request.

        Raises:
            Unauthenticated: the token is malformed, expired, of another issuer, or signed by an unknown key.
        """
        known = self._known.get(token)
        if known and time.time() < known[1]:
            return known[0]
        actor, expires = await self._checked(token)
        if len(self._known) >= REMEMBERED_TOKENS:
            self._known.clear()
        self._known[token] = (actor, min(expires, time.time() + REMEMBERED_S))
        return actor

    async def _checked(self, token: str) -> tuple[Actor, float]:
        try:
            key = await self._key(jwt.get_unverified_header(token).get("kid"))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=5,
                options={"require": ["exp", "sub"]},
            )
            return Actor(person=claims["sub"], grants=claims.get("grants", ())), float(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("token_expired", "The token has expired; sign in again.") from None
        except (jwt.PyJWTError, ValidationError, TypeError) as problem:
            raise Unauthenticated("token_invalid", f"The token does not hold: {problem}") from problem

    async def check(self) -> None:
        """Read the issuer's keys once, at start.

        Raises:
            RuntimeError: it is the development issuer and this is production.
            httpx.HTTPError: it does not answer.
        """
        await self._read_keys()

    async def _key(self, kid: str | None) -> Any:
        if kid not in self._keys:
            async with self._reading:
                if kid not in self._keys and time.monotonic() - self._read_at > REFRESH_AT_MOST_EVERY_S:
                    await self._read_keys_or_refuse()
        if kid not in self._keys:
            raise Unauthenticated(
                "token_invalid", "The token is signed with a key its issuer doesn't publish."
            )
        return self._keys[kid]

    async def _read_keys_or_refuse(self) -> None:
        try:
            await self._read_keys()
        except httpx.HTTPError as problem:
            raise Unauthenticated(
                "issuer_unreachable", f"The sign-in service does not answer: {problem}"
            ) from None

    async def _read_keys(self) -> None:
        self._read_at = time.monotonic()
        discovery = await self._json(f"{self._url}/.well-known/openid-configuration")
        if self._production and discovery.get(DEVELOPMENT_MARK):
            raise RuntimeError(
                "OIDC_ISSUER is the development issuer, which lets anybody be anyone; production refuses it"
            )
        keys = jwt.PyJWKSet.from_dict(await self._json(discovery["jwks_uri"])).keys
        self._keys = {key.key_id: key.key for key in keys}

    async def _json(self, url: str) -> dict[str, Any]:
        answer = await self._http.get(url, timeout=5.0)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


async def actor_of(request: Request, issuer: Issuer) -> Actor | None:
    """The signed-in person, or None without an Authorization header."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("token_invalid", "Send the token as `Authorization: Bearer <token>`.")
    return await issuer.actor(token)
