"""Everything that is configured, from the environment (`LS_…`)."""

import ipaddress
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIN_SECRET_LENGTH = 32


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LS_", extra="ignore", env_ignore_empty=True)

    environment: Literal["development", "production"] = "development"
    data_dir: Path = Path("data")
    database_url: str = ""
    app_database_url: str = Field("", description="one login for all processes; empty: the owner's")
    web_database_url: str = Field("", description="what requests read and change: a login under the policies")
    intake_database_url: str = Field("", description="what requests register: a login that reads no case")
    worker_database_url: str = Field("", description="the worker's and the commands' login: of all cases")
    replica_url: str = Field(
        "", description="servers that follow it, for what only reads figures; empty: none"
    )
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    workers: int = Field(2, ge=1, le=64)
    secret_key: SecretStr = SecretStr("")
    secret_keys_known: SecretStr = Field(
        SecretStr(""),
        description="secrets beside LS_SECRET_KEY, with | between: they read, and write nothing",
    )
    demo_password: SecretStr = SecretStr("")
    demo_api_key: SecretStr = SecretStr("")
    require_totp: bool | None = Field(
        None,
        description="heads, controllers and admins need a second factor; empty: in production",
    )
    oidc_issuer: str = Field(
        "", description="the provider through which staff may sign in (OpenID Connect); empty: none"
    )
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_title: str = Field("", description="what the sign-in page calls the provider; empty: its host")
    oidc_claim: str = Field(
        "email", description="what names a person there; an e-mail counts only once it is verified"
    )
    oidc_acr: str = Field("", description="values of acr, by spaces, that say there was a second factor")
    oidc_amr: str = Field("", description="values of amr that say so")
    rate_limits: Literal["default", "off"] = "default"
    supervised: bool = Field(False, description="web processes end with the one that started them")
    expect_demo: bool = Field(False, description="readyz answers 200 only once the demo is loaded")
    metrics_token: SecretStr = SecretStr("")
    worker_metrics: str = Field(
        "", description="host:port where a worker answers with its figures; empty: nowhere"
    )
    log: Literal["text", "json"] = "text"
    otlp_url: str = Field(
        "", description="an OpenTelemetry collector's, for OTLP over HTTP; empty: no traces"
    )
    trusted_proxies: str = Field("", description="addresses or networks, by commas; empty: no proxy")
    pool_size: int = Field(10, ge=2, le=200)
    public_url: str = Field("", description="where citizens reach the service; empty: notices have no link")
    smtp_url: SecretStr = Field(
        SecretStr(""), description="smtp://, starttls:// or smtps://; empty: no e-mail"
    )
    mail_from: str = Field("", description="the sender of e-mails; empty: no-reply at the public host")
    sms_url: SecretStr = Field(SecretStr(""), description="the gateway's address; empty: no SMS")
    attachments_url: str = Field(
        "", description="s3://bucket/prefix?endpoint=…&region=…; empty: a folder under LS_DATA_DIR"
    )
    seals_file: Path | None = Field(
        None, description="where the heads of seals are kept outside the database; empty: in LS_DATA_DIR"
    )
    scanner_url: str = Field("", description="clamd: tcp://host:port or unix:///path; empty: no scanner")
    unscanned: Literal["held", "served"] = Field(
        "held",
        description="without a scanner: hold attachments back, or serve them unscanned (never in production)",
    )
    fetch_timeout: float = Field(
        120, gt=0, le=900, description="seconds that fetching an attachment may take"
    )
    scan_timeout: float = Field(60, gt=0, le=600, description="seconds that the scanner has for a file")
    outbound_allow: str = Field("", description="host or host:port, by commas: inside, and may be called")
    delivery_tries: int = Field(8, ge=1, le=20)
    delivery_first_pause: float = Field(30, gt=0, le=3600, description="seconds; each next one is longer")
    delivery_timeout: float = Field(10, gt=0, le=60, description="seconds that a receiver has")

    mail_every: float = Field(30, ge=1, le=3600, description="seconds between two visits to a mailbox")
    mail_timeout: float = Field(30, gt=0, le=300, description="seconds that an IMAP server has to answer")
    mail_largest: int = Field(
        30_000_000, ge=300_000, le=100_000_000, description="bytes; of a larger e-mail only the text is read"
    )

    @property
    def has_server(self) -> bool:
        """Whether the database is another server's; else it is the embedded one."""
        logins = (self.web_database_url, self.intake_database_url, self.worker_database_url)
        return any((self.database_url, self.app_database_url, *logins))

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if secret and len(secret) < MIN_SECRET_LENGTH:
            raise ValueError(f"LS_SECRET_KEY must have at least {MIN_SECRET_LENGTH} characters")
        if any(len(known) < MIN_SECRET_LENGTH for known in self._known()):
            raise ValueError(
                f"each secret in LS_SECRET_KEYS_KNOWN must have at least {MIN_SECRET_LENGTH} characters"
            )
        if self.environment == "production" and not secret:
            raise ValueError("LS_SECRET_KEY is required when LS_ENVIRONMENT=production")
        if self.environment == "production" and self.unscanned == "served":
            raise ValueError("LS_UNSCANNED=served is not for production: set LS_SCANNER_URL")
        demo_key = self.demo_api_key.get_secret_value()
        if demo_key and len(demo_key) < 16:
            raise ValueError("LS_DEMO_API_KEY must have at least 16 characters")
        return self

    @model_validator(mode="after")
    def _refuse_strange_addresses(self) -> Self:
        for name, url, schemes in (
            ("LS_PUBLIC_URL", self.public_url, {"http", "https"}),
            ("LS_SMTP_URL", self.smtp_url.get_secret_value(), {"smtp", "starttls", "smtps"}),
            ("LS_SMS_URL", self.sms_url.get_secret_value(), {"http", "https"}),
            ("LS_ATTACHMENTS_URL", self.attachments_url, {"s3"}),
            ("LS_OTLP_URL", self.otlp_url, {"http", "https"}),
            ("LS_WORKER_METRICS", self.worker_metrics and f"tcp://{self.worker_metrics}", {"tcp"}),
        ):
            _check_address(name, url, schemes)
        if not self.scanner_url.startswith("unix:///"):
            _check_address("LS_SCANNER_URL", self.scanner_url, {"tcp", "unix"})
        return self

    @model_validator(mode="after")
    def _refuse_a_strange_replica(self) -> Self:
        if self.replica_url and not self.replica_url.startswith(("postgres://", "postgresql://")):
            raise ValueError("LS_REPLICA_URL must begin with postgresql://")
        return self

    @model_validator(mode="after")
    def _refuse_strange_proxies(self) -> Self:
        """A word that is no address would be a proxy that is never believed; `*` would believe everybody."""
        for proxy in filter(None, map(str.strip, self.trusted_proxies.split(","))):
            try:
                ipaddress.ip_network(proxy)
            except ValueError:
                raise ValueError("LS_TRUSTED_PROXIES must be addresses or networks, by commas") from None
        return self

    @model_validator(mode="after")
    def _refuse_half_a_provider(self) -> Self:
        given = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret.get_secret_value())
        if any(given) and not all(given):
            raise ValueError("LS_OIDC_ISSUER, LS_OIDC_CLIENT_ID and LS_OIDC_CLIENT_SECRET go together")
        _check_address("LS_OIDC_ISSUER", self.oidc_issuer, {"http", "https"})
        parts = urlsplit(self.oidc_issuer)
        if parts.scheme == "http" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("LS_OIDC_ISSUER must be https")
        return self

    @property
    def totp_required(self) -> bool:
        return self.environment == "production" if self.require_totp is None else self.require_totp

    def secrets(self) -> list[str]:
        """The master secrets, the one to write with first. Outside production one is made once and kept in
        the data folder, where the first line of the file is the newest."""
        own = self.secret_key.get_secret_value()
        kept = [own] if own else _kept_secrets(self.data_dir / "secret_key")
        return list(dict.fromkeys([*kept, *self._known()]))

    def _known(self) -> list[str]:
        return [one for one in self.secret_keys_known.get_secret_value().split("|") if one]


def _check_address(name: str, url: str, schemes: set[str]) -> None:
    """The message never repeats the value: it may hold a password."""
    try:
        parts = urlsplit(url)
        good = parts.scheme in schemes and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if url and not good:
        raise ValueError(f"{name} must be an address with {', '.join(f'{it}://' for it in sorted(schemes))}")


def _kept_secrets(path: Path) -> list[str]:
    """Read the kept secrets, or make one; of two processes that make it at once, both use the first one's."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48), encoding="ascii")
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text(encoding="ascii").splitlines()


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    return Settings()
