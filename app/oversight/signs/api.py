"""`GET /api/v1/oversight/signs`: where an acquaintance with the cases is worth a controller's time."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.core.edge import FIGURES, FiguresRead, Lang, Read
from app.core.errors import Forbidden, Invalid, NotFound, Unauthenticated, problems
from app.directory import snapshot
from app.oversight.signs import lists
from app.oversight.signs.codes import Sign
from app.oversight.signs.schemas import PeriodIn, SignIn, SignOut, SignsOut
from app.staff.access import Overseer
from app.staff.errors import SessionOver, TokenExpired, TokenInvalid

router = APIRouter(prefix="/api/v1/oversight/signs", tags=["oversight"], dependencies=[FIGURES])


class SignNotFound(NotFound):
    code = "sign_not_found"


SignCode = Annotated[str, Path(max_length=40, json_schema_extra={"enum": [one.value for one in Sign]})]


REFUSALS = problems(Invalid, Unauthenticated, TokenInvalid, TokenExpired, SessionOver, Forbidden)


@router.get(
    "",
    summary="How often there are signs, by body",
    description=(
        "The number of each sign beside the volume of the body, for controllers; heads see the bodies under "
        "them. Each number opens its list. A sign is no verdict: see docs/oversight-signs.md.\n\n"
        '`curl -H "Authorization: Bearer $TOKEN" '
        "'$HOST/api/v1/oversight/signs?from=2025-10-01&to=2025-10-31'`"
    ),
    response_model=SignsOut,
    responses=REFUSALS,
)
async def signs(
    caller: Overseer, asked: Annotated[PeriodIn, Query()], lang: Lang, connection: FiguresRead
) -> SignsOut:
    return await lists.overview(connection, asked, caller, snapshot.current(), lang)


@router.get(
    "/{sign}",
    summary="The cases of one sign",
    description=(
        "Each item names its cases and says why it is listed; the newest first. It is a list for a person to "
        "look at, not a verdict. A head asks about the bodies under them, a controller about all.\n\n"
        '`curl -H "Authorization: Bearer $TOKEN" '
        "'$HOST/api/v1/oversight/signs/last_hour?agency=energy&from=2025-10-01&to=2025-10-31'`"
    ),
    response_model=SignOut,
    responses=REFUSALS | problems(SignNotFound),
)
async def cases_of_a_sign(
    caller: Overseer,
    sign: SignCode,
    asked: Annotated[SignIn, Query()],
    lang: Lang,
    connection: Read,
) -> SignOut:
    return await lists.page(connection, known(sign), asked, caller, snapshot.current(), lang)


def known(sign: str) -> Sign:
    """Raises SignNotFound."""
    if sign not in set(Sign):
        raise SignNotFound
    return Sign(sign)
