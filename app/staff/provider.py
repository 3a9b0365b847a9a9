"""Signing in through the state's own provider (OpenID Connect: the code flow, with PKCE).

Imported only where one is configured: its libraries are some eight megabytes of every process. Of the
provider's token everything is checked before a word of it is believed; the algorithms are named here. Who
somebody may be with us is not the provider's to say: `provider_accounts` looks for the account.
"""

import hmac
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from app.core import clock
from app.settings import Settings
from app.staff.errors import ProviderAway, ProviderBroken
from app.staff.provider_attempt import SECONDS, Attempt, Identity

with warnings.catch_warnings():
    # The library says at each start that it would rather have httpx's successor.
    warnings.simplefilter("ignore", DeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client

# Asymmetric ones alone: with the others our own secret would sign.
ALGORITHMS = ["RS256", "PS256", "ES256"]
SCOPE = "openid email profile"
PATIENCE = 10
LEEWAY = 60
FRESH_FOR = 3600
LARGEST = 64_000


@dataclass(slots=True)
class Provider:
    """`claim`: what names a person. `acr`, `amr`: what in a token says that there was a second factor."""

    issuer: str
    client_id: str
    client_secret: str
    title: str
    claim: str = "email"
    acr: frozenset[str] = frozenset()
    amr: frozenset[str] = frozenset()
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """None where none is configured."""
        if not settings.oidc_issuer:
            return None
        return cls(
            settings.oidc_issuer.rstrip("/"),
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value(),
            settings.oidc_title or (urlsplit(settings.oidc_issuer).hostname or ""),
            settings.oidc_claim,
            frozenset(settings.oidc_acr.split()),
            frozenset(settings.oidc_amr.split()),
        )

    async def begin(self, callback: str, there: str) -> tuple[str, Attempt]:
        """The provider's address to go to, and what is to be remembered. Raises ProviderAway."""
        about = await self._about()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        async with self._client(callback) as client:
            url, state = client.create_authorization_url(
                about["authorization_endpoint"], code_verifier=verifier, nonce=nonce
            )
        until = int(clock.now().timestamp()) + SECONDS
        return url, Attempt(state, nonce, verifier, there, until)

    async def complete(self, attempt: Attempt, came: Mapping[str, str], callback: str) -> Identity:
        """Who it is, by what came to the callback. Raises ProviderBroken, ProviderAway."""
        if not hmac.compare_digest(came.get("state", "").encode(), attempt.state.encode()):
            raise ProviderBroken
        about = await self._about()
        by_name = bool(about.get("authorization_response_iss_parameter_supported"))
        if came.get("iss", "" if by_name else self.issuer) != self.issuer or not came.get("code"):
            raise ProviderBroken
        async with self._client(callback) as client:
            try:
                given = await client.fetch_token(
                    about["token_endpoint"], code=came["code"], code_verifier=attempt.verifier
                )
                claims = self.verified(
                    str(given["id_token"]), attempt.nonce, await self._keys(about), given["access_token"]
                )
                if self.claim not in claims and "userinfo_endpoint" in about:
                    claims = await self._told(client, about["userinfo_endpoint"], claims)
            except (AuthlibBaseError, JoseError, KeyError, ValueError, TypeError):
                raise ProviderBroken from None
            except httpx.HTTPError:
                raise ProviderAway from None
        return self._identity(claims)

    def verified(self, token: str, nonce: str, keys: KeySet, access_token: str = "") -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for us, now, and for this attempt. Raises
        JoseError, ValueError."""
        said = jwt.decode(token, keys, algorithms=ALGORITHMS)
        claims = CodeIDToken(
            said.claims,
            said.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
                "nonce": {"essential": True, "value": nonce},
            },
            {"nonce": nonce, "client_id": self.client_id, "access_token": access_token},
        )
        claims.validate(int(clock.now().timestamp()), LEEWAY)
        if not isinstance(claims["sub"], str) or not claims["sub"] or len(claims["sub"]) > 255:
            raise ValueError("the subject is no name")
        return dict(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        name = claims.get(self.claim)
        proved = self.claim != "email" or claims.get("email_verified") is True
        amr = claims.get("amr")
        second = claims.get("acr") in self.acr or (isinstance(amr, list) and not self.amr.isdisjoint(amr))
        good = isinstance(name, str) and proved and bool(name.strip())
        return Identity(self.issuer, claims["sub"], str(name) if good else None, second)

    async def _told(self, client: AsyncOAuth2Client, address: str, claims: dict[str, Any]) -> dict[str, Any]:
        """With what the provider tells of the person beside the token; only of the same person."""
        answer = await client.get(address)
        answer.raise_for_status()
        told = answer.json()
        if told.get("sub") != claims["sub"]:
            raise ValueError("another person")
        return {**told, **claims}

    async def _about(self) -> dict[str, Any]:
        about: dict[str, Any] = await self._fetched(f"{self.issuer}/.well-known/openid-configuration")
        if about.get("issuer") != self.issuer:
            raise ProviderAway
        return about

    async def _keys(self, about: Mapping[str, Any]) -> KeySet:
        """Asked for at each sign-in, so that a key that was changed is known at once."""
        return KeySet.import_key_set(await self._fetched(about["jwks_uri"], kept=0))

    async def _fetched(self, address: str, kept: float = FRESH_FOR) -> Any:
        """Raises ProviderAway."""
        now = clock.now().timestamp()
        at, found = self._kept.get(address, (0.0, None))
        if found is None or now - at >= kept:
            try:
                async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
                    answer = await client.get(address)
                    answer.raise_for_status()
                    found = answer.json() if len(answer.content) <= LARGEST else None
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                found = None
            if not isinstance(found, dict):
                raise ProviderAway
            self._kept[address] = (now, found)
        return found

    def _client(self, callback: str) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            scope=SCOPE,
            redirect_uri=callback,
            code_challenge_method="S256",
            timeout=PATIENCE,
            trust_env=False,
        )
