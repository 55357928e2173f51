"""Who a token stands for, and what happens to a token nobody should believe."""

import base64
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pydantic import SecretStr

from shared.domain.people import Grant, Role
from shared.settings import Environment, ServiceSettings
from shared.web.auth import Issuer
from shared.web.keys import FRESH_S, KEPT_S, TRY_EVERY_S, KeySet
from shared.web.local_issuer import LocalIssuer
from shared.web.problems import IssuerUnavailable, Unauthenticated
from tests.support.ledger_service import LEDGER
from tests.support.running import started
from tests.support.stack import Stack

URL = "https://issuer.test"


@dataclass
class World:
    """An issuer over HTTP whose documents a test may change, and the time a key set goes by."""

    local: LocalIssuer = field(default_factory=lambda: LocalIssuer(URL))
    down: bool = False
    reads: int = 0
    now: float = 1_000.0
    discovery: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("nobody there", request=request)
        if request.url.path == "/jwks.json":
            self.reads += 1
            return httpx.Response(200, json=self.keys or self.local.keys())
        return httpx.Response(200, json=self.local.discovery() | self.discovery)


@asynccontextmanager
async def checked_by(
    world: World, *, environment: Environment = Environment.DEVELOPMENT, issuer: str = URL
) -> AsyncIterator[Issuer]:
    settings = ServiceSettings(
        environment=environment,
        mongo_url=SecretStr("mongodb://db/x"),
        kafka_url="k:1",
        oidc_issuer=issuer,
        public_url="https://peerpath.test",
    )
    async with httpx.AsyncClient(transport=httpx.MockTransport(world.answer)) as http:
        keys = KeySet(settings, http, monotonic=lambda: world.now)
        yield Issuer(settings, http, keys=keys)


def token(key: Any, *, algorithm: str = "ES256", kid: str = "k1", **claims: Any) -> str:
    now = int(time.time())
    whole = {"iss": URL, "aud": "peerpath", "sub": "p1", "exp": now + 60, **claims}
    present = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(present, key, algorithm=algorithm, headers={"kid": kid})


def public(key: Any, *, kid: str = "k1", **more: str) -> dict[str, Any]:
    kind = (
        jwt.algorithms.ECAlgorithm
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else jwt.algorithms.RSAAlgorithm
    )
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, **more}


async def test_a_token_names_the_person_and_their_grants() -> None:
    """Subject and grants of a token that holds become the actor."""
    world = World()
    async with checked_by(world) as issuer:
        actor = await issuer.actor(world.local.token("p1", Grant(role=Role.TRAINER, site="leeds")))
        assert (actor.person, actor.holds("leeds", Role.TRAINER)) == ("p1", True)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"aud": "other"}, "another audience"),
        ({"iss": "https://other.test"}, "another issuer"),
        ({"nbf": int(time.time()) + 3_600}, "not valid yet"),
        ({"exp": None}, "a claim is missing"),
        ({"sub": None}, "a claim is missing"),
        ({"sub": "no id: ü"}, "not a token of ours"),
        ({"grants": [{"role": "emperor", "site": "leeds"}]}, "not a token of ours"),
        ({"grants": [{"role": "trainer", "site": "no site"}]}, "not a token of ours"),
        ({"grants": 5}, "not a token of ours"),
    ],
)
async def test_a_token_for_somebody_else_is_refused(claims: dict[str, Any], why: str) -> None:
    """A token of another issuer, for another audience, for later, or without what it must say does not hold."""
    key = ec.generate_private_key(ec.SECP256R1())
    async with checked_by(World(keys={"keys": [public(key)]})) as issuer:
        assert (await issuer.actor(token(key))).person == "p1"
        with pytest.raises(Unauthenticated, match=why) as refused:
            await issuer.actor(token(key, **claims))
        assert refused.value.code == "token_invalid"


async def test_a_token_without_a_real_signature_is_refused() -> None:
    """`none`, another's key, and the public key taken for a shared secret: none of them gets in."""
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    secret = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    shared = b"secret" * 8
    symmetric = {"kty": "oct", "k": base64.urlsafe_b64encode(shared).decode().rstrip("="), "kid": "oct"}
    published = {"keys": [public(key), public(secret, kid="rsa"), symmetric]}
    unsigned = jwt.encode(
        {"iss": URL, "aud": "peerpath", "sub": "p1"}, "", algorithm="none", headers={"kid": "k1"}
    )
    modulus = base64.urlsafe_b64decode(public(secret)["n"] + "==")
    forgeries = [
        unsigned,
        token(other),
        token(modulus, algorithm="HS256", kid="rsa"),
        token(shared, algorithm="HS256", kid="oct"),
        token(secret, algorithm="RS256", kid="k1"),
        "a.b.c",
        "",
        "ü",
    ]
    async with checked_by(World(keys=published)) as issuer:
        assert (await issuer.actor(token(secret, algorithm="RS256", kid="rsa"))).person == "p1"
        for forgery in forgeries:
            with pytest.raises(Unauthenticated):
                await issuer.actor(forgery)


async def test_only_keys_for_signing_are_used() -> None:
    """A key that the issuer publishes for encryption, or for a method we don't accept, verifies nothing."""
    key = ec.generate_private_key(ec.SECP256R1())
    wide = ec.generate_private_key(ec.SECP384R1())
    published = {"keys": [public(key, use="enc"), public(wide, kid="wide")]}
    async with checked_by(World(keys=published)) as issuer:
        for forgery in (token(key), token(wide, algorithm="ES384", kid="wide")):
            with pytest.raises(Unauthenticated, match="no such key"):
                await issuer.actor(forgery)


async def test_a_new_key_is_fetched_when_a_token_names_it() -> None:
    """The issuer rotates its key: the first token with the new one has the keys read, once in ten seconds."""
    world = World()
    async with checked_by(world) as issuer:
        await issuer.actor(world.local.token("p1"))
        world.local = LocalIssuer(URL)
        with pytest.raises(Unauthenticated, match="no such key"):
            await issuer.actor(world.local.token("p2"))
        assert world.reads == 1
        world.now += TRY_EVERY_S
        assert (await issuer.actor(world.local.token("p2"))).person == "p2"
        assert world.reads == 2


async def test_a_withdrawn_key_stops_working() -> None:
    """A token signed with a key that the issuer no longer publishes is refused once the keys are ten minutes old."""
    world = World()
    old = world.local
    async with checked_by(world) as issuer:
        await issuer.actor(old.token("p1"))
        world.local = LocalIssuer(URL)
        world.now += FRESH_S
        with pytest.raises(Unauthenticated, match="no such key"):
            await issuer.actor(old.token("p1", lifetime_s=500))


async def test_keys_outlive_an_issuer_that_is_down_for_an_hour_and_no_longer() -> None:
    """While the issuer is down its last keys serve for an hour; then nobody can say who anybody is."""
    world = World()
    async with checked_by(world) as issuer:
        await issuer.actor(world.local.token("p1"))
        world.down = True
        world.now += KEPT_S - 1
        assert (await issuer.actor(world.local.token("p2"))).person == "p2"
        world.now += TRY_EVERY_S
        with pytest.raises(IssuerUnavailable):
            await issuer.actor(world.local.token("p3"))
        world.down = False
        world.now += TRY_EVERY_S
        assert (await issuer.actor(world.local.token("p3"))).person == "p3"


async def test_an_unknown_key_while_the_issuer_is_down_is_nobody_s_fault() -> None:
    """Whether a new key is genuine can't be told without the issuer: that is no reason to call a token false."""
    world = World()
    async with checked_by(world) as issuer:
        await issuer.actor(world.local.token("p1"))
        world.local, world.down = LocalIssuer(URL), True
        world.now += TRY_EVERY_S
        with pytest.raises(IssuerUnavailable):
            await issuer.actor(world.local.token("p2"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda world: world.discovery.update(issuer="https://other.test"),
        lambda world: world.discovery.update(jwks_uri=None),
        lambda world: world.keys.update(keys="none"),
        lambda world: world.keys.update(keys=[]),
        lambda world: setattr(world, "down", True),
    ],
)
async def test_an_issuer_that_answers_nonsense_is_unavailable(spoil: Callable[[World], Any]) -> None:
    """Another name than ours, no address of keys, no keys: each is told at start and is never a 500."""
    world = World()
    spoil(world)
    async with checked_by(world) as issuer:
        with pytest.raises(IssuerUnavailable, match=URL):
            await issuer.check()
        with pytest.raises(IssuerUnavailable):
            await issuer.actor(world.local.token("p1"))


async def test_production_refuses_the_development_issuer() -> None:
    """Who lets anybody be anyone is not believed in production, at start or later."""
    world = World()
    async with checked_by(world, environment=Environment.PRODUCTION) as issuer:
        with pytest.raises(IssuerUnavailable, match="development issuer"):
            await issuer.check()
        with pytest.raises(IssuerUnavailable):
            await issuer.actor(world.local.token("p1"))


async def test_over_http_a_lost_issuer_is_503_and_a_bad_token_401(stack: Stack) -> None:
    """The caller is told when to try again, or how to sign in, and nothing of what a library said."""
    world = World()
    async with started(LEDGER, stack, work=False) as app, checked_by(world) as issuer, app.client() as client:
        app.runtime.issuer = issuer
        world.down = True
        header = {"Authorization": f"Bearer {world.local.token('p1')}"}
        lost = await client.post("/tallies/t1", headers=header)
        assert (lost.status_code, lost.json()["code"]) == (503, "issuer_unavailable")
        assert int(lost.headers["retry-after"]) > 0
        world.down, world.now = False, world.now + TRY_EVERY_S
        bad = await client.post("/tallies/t1", headers={"Authorization": "Bearer a.b.c"})
        assert (bad.status_code, bad.json()["code"]) == (401, "token_invalid")
        assert bad.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert bad.json()["detail"] == "The token does not hold: it is not a token of ours. Sign in again."
        none = await client.post("/tallies/t1")
        assert (none.headers["www-authenticate"], none.json()["code"]) == ("Bearer", "token_missing")
