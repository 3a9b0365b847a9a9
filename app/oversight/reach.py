"""Whose figures and cases a person of oversight sees, and as whom they stand before a wall: a controller all,
a head those of the own subtree, an operator those of the own agency."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.appeals import reach, walls
from app.core.errors import Forbidden, Invalid
from app.directory.registry import Directory, UnknownCode
from app.directory.values import Agency
from app.oversight.asked import unknown_code
from app.staff.access import StaffCaller
from app.staff.permissions import SEE, Role


@dataclass(frozen=True, slots=True)
class Looker:
    """`agencies`: the ids that the person is limited to; None: not limited."""

    account_id: int
    agencies: frozenset[int] | None
    head: bool

    @classmethod
    def of(cls, caller: StaffCaller, directory: Directory) -> "Looker":
        agencies = reach.agencies(caller.role, caller.agency_id, SEE, directory)
        return cls(caller.account_id, agencies, caller.role is Role.HEAD)

    @property
    def only(self) -> list[int] | None:
        """What a query is limited to."""
        return None if self.agencies is None else sorted(self.agencies)

    def sees(self, agency_id: int) -> bool:
        return self.agencies is None or agency_id in self.agencies

    def before_a_wall(self) -> tuple[int, list[int], bool]:
        """What `not_walled` and `walls.condition` compare with: `me`, `agencies`, `head`."""
        return self.account_id, sorted(self.agencies or ()), self.head


def not_walled(first: int) -> str:
    """That a complaint is not kept from the looker (A08), of the holding `h`; its values from `$first` on."""
    return walls.condition(
        me=f"${first}::bigint",
        agencies=f"${first + 1}::bigint[]",
        head=f"${first + 2}::boolean",
        under_review="EXISTS (SELECT FROM holding reviewed WHERE reviewed.appeal_id = h.appeal_id "
        "AND reviewed.stage = 'review' AND reviewed.closed_at IS NULL)",
    )


def agencies(looker: Looker, code: str | None, directory: Directory) -> Sequence[Agency]:
    """The body asked about, or all that are seen. Raises Invalid for an unknown code, Forbidden."""
    if code is None:
        return [agency for agency in directory.agencies() if looker.sees(agency.id)]
    try:
        agency = directory.agency(code)
    except UnknownCode:
        raise Invalid(errors=[unknown_code("agency", directory.near("agency", code))]) from None
    if not looker.sees(agency.id):
        raise Forbidden
    return [agency]
