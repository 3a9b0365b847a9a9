"""Which agencies' cases a staff member may see or act on, and as whom they stand before a wall."""

from dataclasses import dataclass

from app.appeals import reach, walls
from app.appeals.commands import Complaint
from app.directory.registry import Directory
from app.staff.access import StaffCaller
from app.staff.permissions import SEE, Relation, Role, relations


def agencies(caller: StaffCaller, act: str, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may do this to; none when the role has not this act."""
    return _listed(reach.agencies(caller.role, caller.agency_id, act, directory), directory)


def visible(caller: StaffCaller, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may read."""
    return agencies(caller, SEE, directory)


def sees_as(caller: StaffCaller, how: Relation) -> bool:
    """Whether the role reads also what it stands to in this way: what it held, what it reviews."""
    return not relations(caller.role, SEE).isdisjoint({how, Relation.ANY})


def _listed(found: frozenset[int] | None, directory: Directory) -> frozenset[int]:
    return frozenset(agency.id for agency in directory.agencies()) if found is None else found


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Whom a complaint may be walled off from. `agencies`: whose people they are, None for nobody's."""

    account_id: int
    agencies: frozenset[int] | None
    head: bool

    @classmethod
    def of(cls, account_id: int, role: Role, agency_id: int, directory: Directory) -> "Onlooker":
        whose = reach.agencies(role, agency_id, SEE, directory)
        return cls(account_id, whose, role is Role.HEAD)

    def sees(self, complaint: Complaint, *, under_review: bool) -> bool:
        return not walls.hidden(
            complaint,
            account_id=self.account_id,
            agencies=self.agencies,
            head=self.head,
            under_review=under_review,
        )

    def values(self) -> tuple[int, list[int], bool]:
        """What a query compares with: `me`, `agencies`, `head`."""
        return self.account_id, sorted(self.agencies or ()), self.head


def onlooker(caller: StaffCaller, directory: Directory) -> Onlooker:
    return Onlooker.of(caller.account_id, caller.role, caller.agency_id, directory)
