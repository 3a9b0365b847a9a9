"""What can go wrong with people, their sessions and their keys."""

from typing import Any

from app.core.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable


class InvalidCredentials(Unauthenticated):
    """The same for an unknown login, a wrong password and a closed account."""

    code = "invalid_credentials"


class ProviderBroken(Unauthenticated):
    """It was not begun in this browser, is too old, was used already, or the provider's token will not do."""

    code = "provider_broken"


class ProviderUnknown(Unauthenticated):
    """The same for a stranger and for a closed account."""

    code = "provider_unknown"


class ProviderSecondFactor(Unauthenticated):
    code = "provider_second_factor"


class ProviderAway(Unavailable):
    code = "provider_away"


class TotpRequired(Unauthenticated):
    """The password is right; the code of the second factor is still to be sent."""

    code = "totp_required"


class TotpInvalid(Unauthenticated):
    """Wrong, of another half minute, or used already."""

    code = "totp_invalid"


class TotpSetupRequired(Unauthenticated):
    """The role signs in with a second factor only, and none was set up."""

    code = "totp_setup_required"


class TotpTaken(Conflict):
    """A second factor is in use; it is taken away from the command line only."""

    code = "totp_taken"


class TokenInvalid(Unauthenticated):
    code = "token_invalid"


class TokenExpired(Unauthenticated):
    code = "token_expired"


class SessionOver(Unauthenticated):
    """Signed out, replaced, or ended because a used refresh token came back."""

    code = "session_over"


class KeyInvalid(Unauthenticated):
    code = "api_key_invalid"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.headers = {"WWW-Authenticate": 'ApiKey realm="X-API-Key"'}


class KeyExpired(KeyInvalid):
    code = "api_key_expired"


class SignatureInvalid(KeyInvalid):
    """No secret of the client's has signed these bytes."""

    code = "signature_invalid"


class TimestampRefused(KeyInvalid):
    """It was signed too long ago, or by a clock that is fast."""

    code = "timestamp_refused"


class SigningSecretMissing(Forbidden):
    code = "signing_secret_missing"


class ScopeMissing(Forbidden):
    code = "scope_missing"


class LoginTaken(Conflict):
    code = "login_taken"


class PersonMoved(Conflict):
    """Another administrator changed the person since they were read; `version` is the newest."""

    code = "person_moved"


class ClientNotFound(NotFound):
    code = "client_not_found"


class KeyTaken(Conflict):
    """The key is already another source's."""

    code = "api_key_taken"
