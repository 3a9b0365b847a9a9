"""The applicant as a caller: the access code on the receipt opens their appeal."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path
from fastapi.security import APIKeyHeader

from app.appeals import numbers
from app.appeals.access_code import APPEAL, opens
from app.core import sight
from app.core.errors import NotFound, TooManyRequests, Unauthenticated
from app.staff.access import declares
from app.staff.attempts import Throttle, Throttled

access_code_header = APIKeyHeader(
    name="X-Access-Code", scheme_name="Citizen", description="The code on the receipt", auto_error=False
)
AccessCode = Annotated[str | None, Depends(access_code_header)]


class AppealNotFound(NotFound):
    code = "appeal_not_found"


class AccessCodeMissing(Unauthenticated):
    code = "access_code_missing"


NOT_OPENED = (AppealNotFound, AccessCodeMissing, TooManyRequests)


@dataclass(frozen=True, slots=True)
class CitizenCaller:
    """Who holds the code of this appeal. `number`: as it was typed, its part included (0: none was named)."""

    number: numbers.Number

    @property
    def appeal_id(self) -> int:
        return self.number.appeal_id

    @property
    def part(self) -> int:
        return self.number.part

    def of_part(self, part: int) -> str:
        """The number of a part in the form of the API; of part 0 the whole's."""
        return numbers.format_number(self.appeal_id, self.number.applicant_type, part)


@declares("citizen")
async def citizen(
    number: Annotated[str, Path(max_length=40, description="`.2` for a part", examples=["JT-2026-00000123"])],
    code: AccessCode,
    throttle: Throttled,
) -> CitizenCaller:
    """Check the code; wrong ones get slow by number and network together, so no stranger locks anyone out."""
    if not code:
        raise AccessCodeMissing
    try:
        parsed = numbers.parse(number)
    except numbers.NumberError:
        raise AppealNotFound from None
    if not await unlocked(throttle, parsed.appeal_id, code, APPEAL):
        raise AppealNotFound
    sight.limit_to(sight.of_appeal(parsed.appeal_id))
    return CitizenCaller(parsed)


async def unlocked(throttle: Throttle, id_: int, code: str, purpose: str) -> bool:
    """Whether the code opens it; a wrong one is counted. Raises TooManyRequests."""
    await throttle.check(purpose, str(id_))
    if opens(id_, code[:100], purpose):
        return True
    await throttle.failed(purpose, str(id_))
    return False


Citizen = Annotated[CitizenCaller, Depends(citizen)]
