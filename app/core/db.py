"""The database: where it is, how it is reached, and the only place that commits.

SQLModel classes describe the tables; what runs are asyncpg connections: `transaction()` to write, `read()` to
read (docs/decisions/0002).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, Self

import asyncpg
import orjson
from sqlalchemy import MetaData
from sqlmodel import SQLModel

from app.core import metrics, patience, sight, tracing
from app.core.hosts import EACH_WITHIN, Hosts
from app.core.limited import Limited, sees, sees_nothing
from app.core.patience import Patience
from app.core.pool import Pool, Suits
from app.settings import Settings

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

MINIMUM_SERVER = 180000
COMMIT_WITHIN = 15.0
"""Seconds that a commit may wait for its standby before the caller is told to try again."""
INTAKE_STATEMENT_WITHIN = "30s"
"""Of registering, which is of many requests at once. More than COMMIT_WITHIN: it ends no commit."""

PLANNED_ONCE = "force_generic_plan"
"""Of what requests ask all day on many connections: each would plan a statement five times before it kept a
plan. Questions for figures, and what may take long, are planned by what they ask for as long as that pays."""


class Login(StrEnum):
    """As whom a process comes: the policies of the tables (docs/security.md) are of these roles."""

    WEB = "web"
    INTAKE = "intake"
    WORKER = "worker"

    @property
    def role(self) -> str:
        return f"ls_{self}"


class Table(SQLModel):
    """Base of every table class. Table classes do not validate: input is always a schema."""


def metadata() -> MetaData:
    return SQLModel.metadata


class DatabaseProblem(Exception):
    """The database cannot be used as it is; the message says why and what to do."""


class CommitUnknown(ConnectionError):
    """Whether what was done will last is not known: the caller is told to try again (503).

    So it is when a commit that waits for its standby is broken off: the server says that it is done, with no
    more than a warning, and after a failover it may be gone.
    """


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """Plain `postgresql://` URLs: migrations run as `owner`, each process by its login.

    `app`: one login for all of them, blank where there is none; what has no URL at all comes as the owner and
    takes the role of its login on each connection.
    """

    owner: str
    app: str = ""
    logins: Mapping[Login, str] = field(default_factory=dict)

    @classmethod
    def of(cls, owner: str, app: str = "", **logins: str) -> Self:
        """`logins`: by the names of `Login`; blank is as not given."""
        owner, app = _plain(owner), _plain(app)
        given = {Login(name): _plain(url) for name, url in logins.items() if url}
        first = next((url for url in (owner, app, *given.values()) if url), "")
        return cls(owner=first, app="" if app == owner else app, logins=given)

    @classmethod
    def by(cls, settings: Settings) -> Self:
        return cls.of(
            settings.database_url,
            settings.app_database_url,
            web=settings.web_database_url,
            intake=settings.intake_database_url,
            worker=settings.worker_database_url,
        )

    def of_web(self) -> Self:
        """What the web side is told where it has logins of its own: not how to come in as anybody else."""
        own = {login: self.logins[login] for login in (Login.WEB, Login.INTAKE) if login in self.logins}
        return replace(self, owner=own[Login.WEB], app="", logins=own) if len(own) > 1 else self

    def environment(self) -> dict[str, str]:
        """The settings by which a process of ours finds the same."""
        logins = {f"LS_{login.name}_DATABASE_URL": self.logins.get(login, "") for login in Login}
        return {"LS_DATABASE_URL": self.owner, "LS_APP_DATABASE_URL": self.app, **logins}

    def door(self, login: Login) -> tuple[str, str | None]:
        """Where it comes in, and the role that it takes there, if any."""
        if login in self.logins:
            return self.logins[login], None
        return (self.app, None) if self.app else (self.owner, login.role)


def _plain(url: str) -> str:
    """Accept `postgres://`, `postgresql://` and `postgresql+asyncpg://`; give the middle one."""
    if not url:
        return ""
    scheme, rest = url.split("://", 1) if "://" in url else ("", url)
    if scheme.split("+")[0] not in {"postgres", "postgresql"}:
        raise DatabaseProblem("LS_DATABASE_URL must begin with postgresql://")
    return f"postgresql://{rest}"


class Connections(Protocol):
    """What `Database` needs of a pool; the tests give one that holds a single connection."""

    def acquire(self, suits: Suits | None = None) -> Any: ...
    async def close(self) -> None: ...


class Database:
    def __init__(self, pool: Connections, urls: DatabaseUrls | None = None, *, limited: bool = False) -> None:
        """`urls`: where it is, for a process of ours that is to work on the same one. `limited`: what is read
        is read in a transaction, which alone knows what may be seen."""
        self._pool = pool
        self.urls = urls
        self.limited = limited

    @classmethod
    async def open(
        cls, urls: DatabaseUrls, login: Login = Login.WORKER, *, pool_size: int = 10, standby: bool = False
    ) -> Self:
        """Connect. Raises DatabaseProblem with the reason when that cannot be done. `standby`: to one that
        need not be there yet, and is given up soon when it does not answer."""
        limited = login is Login.WEB
        # Without jit on any server: compiling costs more than our dearest question takes.
        settings = {"application_name": "listening-state", "timezone": "UTC", "jit": "off"}
        if login is not Login.WORKER:
            settings["plan_cache_mode"] = PLANNED_ONCE
        url, role = urls.door(login)
        if role:
            settings["role"] = role
        keeps = limited or login is Login.INTAKE  # the worker holds locks of a session
        how: dict[str, Any] = {"reset": _nothing_to_reset} if keeps else {}
        if limited:
            how["connection_class"] = Limited
        if login is Login.INTAKE:
            settings["statement_timeout"] = INTAKE_STATEMENT_WITHIN
        elif limited:  # of what is asked aside; a transaction says its own
            settings["statement_timeout"] = f"{patience.SECONDS[Patience.READING]}s"
        if not limited:
            settings[sight.SETTING] = sight.EVERYTHING  # for who comes by the login of all
        try:
            pool = await asyncpg.create_pool(
                connect=Hosts(url, within=EACH_WITHIN if standby else None).connect,
                min_size=0 if standby else 1,
                max_size=pool_size,
                init=prepare,
                server_settings=settings,
                **how,
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError) as error:
            raise DatabaseProblem(f"the database cannot be reached: {error}") from error
        metrics.POOL_SIZE.inc(pool_size)
        return cls(Pool(pool, keeps=keeps), urls, limited=limited)

    async def close(self) -> None:
        await self._pool.close()

    def rehearsing(self) -> "Database":
        """The same, with every transaction undone at its end: what would happen, and what would refuse it."""
        return _Rehearsal(self._pool, self.urls, limited=self.limited)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection in a transaction that is committed when the block ends and undone when it raises.

        Raises CommitUnknown when nobody can say whether the commit will last.
        """
        async with self._connection() as connection:
            work = connection.transaction()
            await work.start()
            try:
                yield connection
            except BaseException:
                await work.rollback()
                raise
            await _commit(connection, work)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for reading: each statement sees what is committed when it starts."""
        async with Database.transaction(self) if self.limited else self._connection() as connection:
            yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[asyncpg.Connection]:
        """As `read`, without a transaction, whose end is one round trip of the three or four that such a
        request has: for statements that each stand alone (no cursor, no lock, no `seeing`) and write nothing,
        as only a transaction's end gives up waiting for a standby."""
        async with self._connection() as connection:
            if self.limited and not connection.is_in_transaction():  # as the one of a test is
                await connection.see()  # type: ignore[attr-defined]
            yield connection

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for one statement that is about no case, such as who asks: on the web side without a
        transaction around it, which would be two round trips more, and so without sight."""
        async with self._connection(sees_nothing if self.limited else None) as connection:
            if sees(connection):
                await connection.see_nothing()  # type: ignore[attr-defined]
            yield connection

    @asynccontextmanager
    async def moment(self) -> AsyncIterator[asyncpg.Connection]:
        """A connection for reading: all statements see what is committed when the first of them starts."""
        async with self._connection() as connection:
            if connection.is_in_transaction():  # one of a test, which nobody else writes beside
                yield connection
                return
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                yield connection

    def _connection(self, suits: Suits | None = None) -> AbstractAsyncContextManager[asyncpg.Connection]:
        return _Held(self._pool.acquire(suits or (sees if self.limited else None)))


class _Held(AbstractAsyncContextManager[asyncpg.Connection]):
    """A connection of a pool for a block."""

    def __init__(self, acquired: AbstractAsyncContextManager[asyncpg.Connection]) -> None:
        self._acquired = acquired

    async def __aenter__(self) -> asyncpg.Connection:
        """Raises ConnectionError when the server is away (a socket that is gone is no missing file),
        AllInUse when all connections are in use for long."""
        try:
            connection = await self._acquired.__aenter__()
        except TimeoutError:  # an OSError to Python, and known for what it is
            raise
        except OSError as error:
            raise ConnectionError(str(error)) from error
        metrics.POOL_USED.inc()
        return connection

    async def __aexit__(self, *raised: Any) -> bool | None:
        metrics.POOL_USED.dec()
        return await self._acquired.__aexit__(*raised)


async def _nothing_to_reset(_: asyncpg.Connection) -> None:
    """On the web side and of intake nothing outlasts a transaction, but for what a glance sees, which whoever
    comes next replaces (`Limited`): no round trip takes it back."""


class _Rehearsal(Database):
    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._connection() as connection:
            undone = connection.transaction()
            await undone.start()
            try:
                yield connection
            finally:
                await undone.rollback()


async def _commit(connection: asyncpg.Connection, work: Any) -> None:
    """Commit, and believe it only without a warning. To listen costs no round trip."""
    warnings: list[Any] = []

    def hear(_: Any, message: Any) -> None:
        if message.severity_en == "WARNING":
            warnings.append(message)

    connection.add_log_listener(hear)
    try:
        async with asyncio.timeout(COMMIT_WITHIN):
            await work.commit()
    except TimeoutError as error:
        connection.terminate()
        metrics.UNKNOWN_COMMITS.inc()
        raise CommitUnknown("the commit did not come to its end") from error
    finally:
        with suppress(asyncpg.InterfaceError):  # the connection is gone, and its listeners with it
            connection.remove_log_listener(hear)
    if warnings:
        metrics.UNKNOWN_COMMITS.inc()
        raise CommitUnknown(warnings[0].message)


async def wait_for_standby(connection: asyncpg.Connection) -> None:
    """Make the commit of this transaction wait for the standby although it only reads.

    For who answers again what was answered before: a first commit that was told as unknown may be on no
    standby yet, and what is read of it would be promised and could vanish.
    """
    await connection.execute("SELECT pg_logical_emit_message(true, 'listening-state', '')")


async def prepare(connection: asyncpg.Connection) -> None:
    """Make JSON columns Python values on this connection; have its statements traced, if any are."""
    if tracing.on():
        connection.add_query_logger(tracing.statement)
    for name, version in (("json", b""), ("jsonb", b"\x01")):
        await _set_json_codec(connection, name, version)


async def _set_json_codec(connection: asyncpg.Connection, name: str, version: bytes) -> None:
    """In the binary format, as values within rows come: the text, for `jsonb` behind its version."""

    def encode(value: Any) -> bytes:
        return version + to_json(value).encode()

    def decode(sent: bytes) -> Any:
        return orjson.loads(sent[len(version) :])

    await connection.set_type_codec(
        name, encoder=encode, decoder=decode, schema="pg_catalog", format="binary"
    )


def to_json(value: Any) -> str:
    """Days and moments as ISO text, bytes as PostgreSQL reads them from text."""
    return orjson.dumps(value, default=_bytea, option=orjson.OPT_SORT_KEYS).decode()


def _bytea(value: Any) -> str:
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    raise TypeError(f"{type(value).__name__} is not JSON")


async def check_server(connection: asyncpg.Connection) -> None:
    """Refuse a server older than PostgreSQL 18."""
    found = int(await connection.fetchval("SHOW server_version_num"))
    if found < MINIMUM_SERVER:
        raise DatabaseProblem(f"PostgreSQL 18 or newer is needed; this server is {found // 10000}")


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    """Turn rows into one list a column, as UNNEST takes them."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
