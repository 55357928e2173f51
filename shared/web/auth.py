"""Who is asking: bearer JWTs of any OpenID Connect issuer (RFC 9068 style), checked against its keys.

The subject is the person's id; the claim `grants` lists `{role, site}`.
"""

import time

import httpx
import jwt
from fastapi import Request
from fastapi.security import HTTPBearer
from pydantic import ValidationError

from shared.domain.people import Actor
from shared.settings import ServiceSettings
from shared.web.keys import ALGORITHMS, KeySet
from shared.web.problems import Unauthenticated

REMEMBERED_S = 60.0
REMEMBERED_TOKENS = 10_000

_WHY: dict[type[Exception], str] = {
    jwt.InvalidAudienceError: "it was issued for another audience",
    jwt.InvalidIssuerError: "it is of another issuer",
    jwt.ImmatureSignatureError: "it is not valid yet",
    jwt.InvalidSignatureError: "its signature is wrong",
    jwt.InvalidAlgorithmError: "it is not signed in a way we accept",
    jwt.MissingRequiredClaimError: "a claim is missing that every token needs",
}


class Issuer:
    """The OpenID Connect issuer whose tokens count."""

    def __init__(
        self, settings: ServiceSettings, http: httpx.AsyncClient, *, keys: KeySet | None = None
    ) -> None:
        self._issuer = settings.oidc_issuer
        self._audience = settings.oidc_audience
        self._keys = keys or KeySet(settings, http)
        self._known: dict[str, tuple[Actor, float]] = {}

    async def check(self) -> None:
        """Read the issuer's keys once, at start.

        Raises:
            IssuerUnavailable: it does not answer, is another one, or is for development and this is production.
        """
        await self._keys.read()

    async def actor(self, token: str) -> Actor:
        """The person a token stands for.

        A token that held is remembered for a minute, or until it expires: checking a signature costs more than
        the rest of a request.

        Raises:
            Unauthenticated: the token is malformed, expired, of another issuer, or signed by an unknown key.
            IssuerUnavailable: nobody can say now whether it holds.
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
            key = await self._keys.get(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise _refused("its issuer publishes no such key")
            claims = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=self._audience,
                issuer=self._issuer,
                leeway=5,
                options={"require": ["exp", "sub"]},
            )
            return Actor(person=claims["sub"], grants=claims.get("grants", ())), float(claims["exp"])
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("token_expired", "The token has expired; sign in again.") from None
        except (jwt.PyJWTError, ValidationError, TypeError) as problem:
            raise _refused(_WHY.get(type(problem), "it is not a token of ours")) from None


def _refused(why: str) -> Unauthenticated:
    return Unauthenticated("token_invalid", f"The token does not hold: {why}. Sign in again.")


async def actor_of(request: Request, issuer: Issuer) -> Actor | None:
    """The signed-in person, or None without an Authorization header."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("token_invalid", "Send the token as `Authorization: Bearer <token>`.")
    return await issuer.actor(token)


BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="A token of the organisation's OpenID Connect issuer.",
    auto_error=False,  # It only describes the header; what is wrong with one is ours to say.
)
