"""An OpenID Connect issuer for development: signs a token for whoever you say you are.

`python -m shared.web.local_issuer --port 8090`. Its discovery document carries a mark by which services in
production refuse it. Keys are made at start and never leave the process.
"""

import argparse
import time
from typing import Annotated, Any

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Form

from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.web.keys import DEVELOPMENT_MARK

LIFETIME_S = 8 * 60 * 60


class LocalIssuer:
    """Keys and claims of one development issuer at `url`."""

    def __init__(self, url: str, *, audience: str = "peerpath") -> None:
        self._url = url
        self._audience = audience
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._kid = new_id()

    def token(self, person: str, *grants: Grant, lifetime_s: int = LIFETIME_S) -> str:
        """A signed token for a person with these roles; a negative lifetime makes one that has expired."""
        now = int(time.time())
        claims = {
            "iss": self._url,
            "aud": self._audience,
            "sub": person,
            "iat": now,
            "exp": now + lifetime_s,
            "grants": [grant.model_dump(mode="json") for grant in grants],
        }
        return jwt.encode(claims, self._key, algorithm="ES256", headers={"kid": self._kid})

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return {
            "issuer": self._url,
            "jwks_uri": f"{self._url}/jwks.json",
            "token_endpoint": f"{self._url}/token",
            "id_token_signing_alg_values_supported": ["ES256"],
            DEVELOPMENT_MARK: True,
        }

    def keys(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        public = jwt.algorithms.ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": "ES256"}]}


def create_app(issuer: LocalIssuer) -> FastAPI:
    """The issuer's HTTP surface: discovery, keys, and a token for the asking."""
    app = FastAPI(title="Peerpath development issuer", redoc_url=None)

    @app.get("/.well-known/openid-configuration")
    async def discovery() -> dict[str, Any]:
        return issuer.discovery()

    @app.get("/jwks.json")
    async def keys() -> dict[str, Any]:
        return issuer.keys()

    @app.post("/token")
    async def token(
        person: Annotated[str, Form(description="Whose token: a person's id.")],
        grants: Annotated[str, Form(description="Roles as `role@site`, separated by spaces.")] = "",
    ) -> dict[str, Any]:
        pairs = (one.partition("@") for one in grants.split())
        held = [Grant(role=Role(role), site=site) for role, _, site in pairs]
        return {
            "access_token": issuer.token(person, *held),
            "token_type": "Bearer",
            "expires_in": LIFETIME_S,
        }

    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="OpenID Connect issuer for development")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--url", default=None, help="the issuer's name, when it is not http://host:port")
    options = parser.parse_args()
    url = options.url or f"http://{options.host}:{options.port}"
    uvicorn.run(create_app(LocalIssuer(url)), host=options.host, port=options.port, log_level="warning")


if __name__ == "__main__":
    main()
