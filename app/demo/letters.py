"""The demo's templates of answers: what heads of some bodies have their people begin with."""

from uuid import UUID

import asyncpg

from app.casework import templates
from app.casework.schemas import TemplateIn
from app.core import clock
from app.core.db import Database
from app.core.i18n import DEFAULT, Language
from app.demo.stages import begins
from app.directory import snapshot
from app.directory.registry import Directory
from app.staff import repository
from app.staff.access import StaffCaller
from app.staff.permissions import Role

STAGE = "templates"
BODIES = ("akimat-turkistan", "energy", "justice")
# Name, topic, language, text.
LETTERS: tuple[tuple[str, str | None, Language, str], ...] = (
    (
        "Шешілді",
        None,
        "kk",
        "Құрметті {name}!\n\n{registered_on} күні тіркелген {number} жолданымыңыз қаралды. Мәселе шешілді: "
        "\n\n{agency}, {today}",
    ),
    (
        "Түсіндіру",
        None,
        "kk",
        "Құрметті {name}!\n\n{number} жолданымыңызға мынаны түсіндіреміз. \n\n{agency}, {today}",
    ),
    (
        "Жылу мен су: жөндеу мерзімі",
        "utilities",
        "kk",
        "Құрметті {name}!\n\n{number} жолданымыңыз бойынша мамандар орнына барып тексерді. "
        "Жөндеу мына күні аяқталады: \n\n{agency}, {today}",
    ),
    (
        "Вопрос решён",
        None,
        "ru",
        "{name}, здравствуйте!\n\nВаше обращение {number} от {registered_on} рассмотрено. Вопрос решён: "
        "\n\n{agency}, {today}",
    ),
    (
        "Тепло и вода: срок ремонта",
        "utilities",
        "ru",
        "{name}, здравствуйте!\n\nПо обращению {number} специалисты побывали на месте. "
        "Ремонт закончат к этому дню: \n\n{agency}, {today}",
    ),
)


async def load(db: Database) -> None:
    """Once."""
    now, directory = clock.now(), snapshot.current()
    async with db.transaction() as connection:
        if not await begins(connection, STAGE, now):
            return
        accounts = await repository.ids_by_login(connection)
        for body in BODIES:
            head = _head(body, accounts[f"head@{body}"], directory)
            await _keep(connection, head, directory)


async def _keep(connection: asyncpg.Connection, head: StaffCaller, directory: Directory) -> None:
    for name, topic, language, text in LETTERS:
        said = TemplateIn(name=name, topic=topic, language=language, text=text)
        await templates.add(connection, head, said, directory, DEFAULT, clock.now())


def _head(body: str, account: int, directory: Directory) -> StaffCaller:
    agency = directory.agency(body).id
    return StaffCaller(account, f"head@{body}", body, Role.HEAD, agency, body, UUID(int=0))
