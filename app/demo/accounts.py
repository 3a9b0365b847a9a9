"""The demo's people and programs."""

import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from app.core import clock, signatures
from app.core.cipher import cipher
from app.core.db import Database
from app.demo.texts import Texts
from app.directory import snapshot
from app.directory.registry import Directory
from app.directory.sandboxes import sandbox_of
from app.settings import Settings
from app.staff import passwords, repository, signing
from app.staff.permissions import Role, Scope
from app.staff.repository import NewAccount
from app.staff.service import create_client, ensure_accounts, key_hash

PROBE = "admin@administration"
# Whoever tries the demo tries it harder than a call centre does.
REQUESTS_PER_MINUTE = 6_000

# As receipts name them.
_POSITIONS = {
    Role.OPERATOR: {"kk": "бас маман", "ru": "главный специалист", "en": "chief specialist"},
    Role.HEAD: {"kk": "департамент директоры", "ru": "директор департамента", "en": "director"},
}


@dataclass(frozen=True, slots=True)
class Keys:
    """What is shown at the start. `password` is None when it was shown at an earlier one."""

    password: str | None
    clients: dict[str, str]


_CLIENTS = (
    ("call-centre", "109-turkistan", ("call_centre",)),
    ("blog", "blog-platform", ("blog",)),
    ("reception-room", "citizen-api", ("reception_room",)),
    ("open311", "open311", ("open311",)),
    ("virtual-reception", "virtual-reception", ("virtual_reception",)),
    ("administration", "administration-desk", ("higher_body",)),
    ("pm-office", "pm-office-desk", ("higher_body",)),
)
# Of this source there is a test key too.
_TRIED = "109-turkistan"


async def ensure_people(db: Database, directory: Directory, texts: Texts, settings: Settings) -> str | None:
    """Operator and head of every agency, a controller and an admin, all with one password.

    Gives the password if it is known now: it was set, or has just been made. One hash serves all.
    """
    wanted = settings.demo_password.get_secret_value()
    async with db.read() as connection:
        found = await repository.password_hash(connection, PROBE)
    if found and (not wanted or await passwords.matches(wanted, found)):
        return wanted or None
    password = wanted or secrets.token_urlsafe(12)
    hash_ = await passwords.hashed(password)
    people = list(_people(directory, texts))
    await ensure_accounts(db, people, hash_)
    if found:
        async with db.transaction() as connection:
            await repository.replace_passwords(connection, [person.login for person in people], hash_)
    return password


def _people(directory: Directory, texts: Texts) -> Iterator[NewAccount]:
    rng = Random("people")
    for agency in directory.agencies():
        for role in (Role.OPERATOR, Role.HEAD):
            name = texts.person(rng, "kk").name or ""
            yield NewAccount(f"{role.value}@{agency.code}", name, role, agency.id, _POSITIONS[role])
    administration = directory.agency("administration")
    for role in (Role.CONTROLLER, Role.ADMIN):
        name = texts.person(rng, "kk").name or ""
        yield NewAccount(f"{role.value}@{administration.code}", name, role, administration.id)


async def ensure_clients(db: Database, directory: Directory, settings: Settings) -> dict[str, str]:
    """The demo's integrations and their keys, the same at every start of one installation."""
    keys: dict[str, str] = {}
    test = ("sandbox", await sandbox_of(db, _TRIED) or "", directory.source(_TRIED).channels)
    directory = await snapshot.refresh(db)
    for name, source, channels in (*_CLIENTS, test):
        given = settings.demo_api_key.get_secret_value() if name == "call-centre" else ""
        keys[name] = await create_client(
            db,
            directory.source(source).id,
            f"demo {name}",
            tuple(Scope),
            channels,
            given or _derived(name),
            requests_per_minute=REQUESTS_PER_MINUTE,
        )
    return keys


async def ensure_secret(db: Database, blog_key: str) -> str:
    """What the demo's blog platform signs with, the same at every start of one installation."""
    async with db.transaction() as connection:
        client = await repository.client(connection, key_hash(blog_key.encode()), clock.now())
        assert client is not None
        wanted = signatures.secret_of(cipher().key("demo-signing-secret"))
        secret, _ = await signing.put(connection, client["id"], clock.now(), wanted, at_once=True)
    return secret


def _derived(name: str) -> str:
    return "demo_" + base64.urlsafe_b64encode(cipher().key(f"demo-client-{name}")).decode().rstrip("=")
