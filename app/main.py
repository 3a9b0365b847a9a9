"""The web application: `create_app()` puts the rooms together; nothing else is here."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Self

from fastapi import FastAPI

from app.appeals import reach
from app.attachments import api as attachments
from app.attachments.keeping import Keeper
from app.casework import api as casework
from app.casework.live import Live
from app.core import bounds, cipher, headers, http, lasting, lifeline, log, tracing
from app.core.cipher import Cipher
from app.core.db import Database, DatabaseProblem, DatabaseUrls, Login
from app.core.evened import Evened, InHand
from app.core.figures import AskedAgain, Figures
from app.core.observed import Observed
from app.core.outbound import Allowed
from app.core.rooms import join, signpost
from app.delivery import api as delivery
from app.desk import api as desk
from app.desk import higher_api as higher
from app.directory import api as directory
from app.directory import changes_api as directory_changes
from app.directory import snapshot
from app.intake import api as intake
from app.intake import preview, tracking
from app.intake.blogs import api as blogs
from app.intake.blogs import reading as public_answers
from app.intake.copies import api as copies
from app.intake.gatherer import BATCHES, LANES, Gatherer
from app.intake.mail import api as mailboxes
from app.intake.open311 import api as open311
from app.intake.open311 import release as open311_release
from app.intake.tickets import api as tickets
from app.oversight import api as oversight
from app.oversight.control import api as control
from app.oversight.exports import api as exports
from app.oversight.forecast import api as forecast
from app.oversight.looking import api as looking
from app.oversight.quality import api as quality
from app.oversight.resonance import api as resonance
from app.oversight.signs import api as signs
from app.oversight.stated import api as stated
from app.questions import api as questions
from app.reception import api as reception
from app.routing import api as routing
from app.sandbox import api as sandbox
from app.seals import api as seals
from app.settings import Settings, get_settings
from app.staff import access
from app.staff import api as staff
from app.staff import people_api as people
from app.staff.limits import Limiter
from app.staff.provider_attempt import SignInProvider
from app.timekeeping import api as timekeeping
from app.timekeeping import rules as timekeeping_rules
from app.web import front, health, reference
from app.web.administration import pages as administration
from app.web.citizen import pages as citizen_pages
from app.web.office import beside as office_beside
from app.web.office import bulk as office_bulk
from app.web.office import case as office_case
from app.web.office import desk as office_desk
from app.web.office import door as office_door
from app.web.office import letters as office_letters
from app.web.office import live as office_live
from app.web.office import provider as office_provider
from app.web.office import queue as office_queue
from app.web.office import signed_in
from app.web.pages import problem_page

DESCRIPTION = """
Citizens' appeals to the state: received from every channel, routed to the body that must answer, answered
within the legal term, and counted exactly.

Sentences come in Kazakh, Russian or English (`Accept-Language`). Errors are `application/problem+json`.
"""


# One a line, in the order of the reference.
ROOMS: Sequence[Any] = (
    desk,
    higher,
    questions,
    intake,
    attachments,
    tickets,
    blogs,
    public_answers,
    sandbox,
    tracking,
    office_door,
    office_provider,
    office_queue,
    office_live,
    office_desk,
    office_beside,
    office_bulk,
    office_letters,
    office_case,
    copies,
    preview,
    seals,
    open311_release,
    open311,
    directory,
    directory_changes,
    routing,
    oversight,
    exports,
    staff,
    people,
    looking,
    casework,
    delivery,
    mailboxes,
    timekeeping,
    timekeeping_rules,
    stated,
    control,
    quality,
    reception,
    resonance,
    health,
    reference,
    front,
    citizen_pages,
    administration,
)


@dataclass(frozen=True, slots=True)
class Doors:
    """How requests come to the database: to what they read and change, to register, and to read figures
    where replicas do that."""

    web: Database
    intake: Database
    figures: Figures | None = None

    @classmethod
    async def open(cls, settings: Settings) -> Self:
        urls = DatabaseUrls.by(settings)
        if not urls.owner:
            raise DatabaseProblem("LS_DATABASE_URL is empty: start with ./run or `listening-state serve`")
        web = await Database.open(urls, Login.WEB, pool_size=settings.pool_size)
        intake = await Database.open(urls, Login.INTAKE, pool_size=LANES + BATCHES)
        if not settings.replica_url:
            return cls(web, intake)
        return cls(web, intake, await Figures.beside(web, settings.replica_url, pool_size=settings.pool_size))

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """While the block runs it is known which replicas have come far enough."""
        async with self.figures.replicas.watched() if self.figures else nullcontext():
            yield

    async def close(self) -> None:
        if self.figures:
            await self.figures.close()
        await self.web.close()
        await self.intake.close()


def create_app(settings: Settings | None = None, doors: Doors | None = None) -> FastAPI:
    """The application. `doors`: open ones that the caller closes (the tests give some)."""
    return equip(assemble(), settings or get_settings(), doors)


def equip(app: FastAPI, settings: Settings, doors: Doors | None = None) -> FastAPI:
    """Give the rooms what they work with, before they are opened. So an app can be opened again with another
    database: putting the rooms together takes longer than most tests."""
    cipher.use(Cipher(settings.secrets()))
    Allowed.of(settings.outbound_allow)  # a setting that is wrong is found at the start
    app.state.settings, app.state.given = settings, doors
    app.state.keeper = Keeper.of(settings)
    app.state.limiter = Limiter(enabled=settings.rate_limits != "off")
    app.state.provider = _provider(settings)
    return app


def _provider(settings: Settings) -> SignInProvider | None:
    """Staff's provider, and its libraries, where one is configured."""
    if not settings.oidc_issuer:
        return None
    from app.staff.provider import Provider

    return Provider.of(settings)


@asynccontextmanager
async def _opened(app: FastAPI) -> AsyncIterator[None]:
    settings, given = app.state.settings, app.state.given
    log.setup(settings.log)
    tracing.setup(settings.otlp_url, "web")
    if settings.supervised:
        lifeline.die_with_parent()
    app.state.keeper.tidy()
    doors = given or await Doors.open(settings)
    app.state.db, app.state.figures = doors.web, doors.figures or doors.web
    await lasting.remember(app.state.db)
    await snapshot.refresh(app.state.db)
    app.state.gatherer = Gatherer(doors.intake)
    app.state.live = Live(app.state.db)
    app.state.in_hand = InHand.here()
    with app.state.live.let_go_at_the_end():
        async with snapshot.kept_fresh(app.state.db), doors.watched():
            yield
    app.state.in_hand.leave()
    await app.state.live.close()
    await app.state.gatherer.close()
    if given is None:
        await doors.close()
    tracing.end()


def assemble() -> FastAPI:
    """The rooms behind their doors, without anything to work with."""
    app = FastAPI(
        title="Listening State",
        summary="The service through which citizens reach their ministries and get an answer in time",
        description=DESCRIPTION,
        version="1",
        lifespan=_opened,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would see what people write
        openapi_tags=reference.TAGS,
    )
    http.install(app)
    app.add_middleware(AskedAgain)
    access.limits_by(reach.sight_of)
    limits = tickets.BODY_LIMITS | open311.BODY_LIMITS | attachments.BODY_LIMITS | citizen_pages.BODY_LIMITS
    app.add_middleware(bounds.Bounds, limits=limits)
    app.add_middleware(headers.SafeHeaders)
    app.add_middleware(Evened)
    app.add_middleware(Observed)
    join(app.router, *(room.router for room in ROOMS))
    http.speaks(signed_in.ROOM, signed_in.problem)
    for beginning in citizen_pages.BEGINNINGS:
        http.speaks(beginning, problem_page)
    http.shows(problem_page)
    join(app.router, signs.router, forecast.router)
    reference.describe(app)
    signpost(app.router)
    return app
