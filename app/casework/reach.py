"""Which agencies' cases a staff member may see or act on, and as whom they stand before a wall."""

from dataclasses import dataclass

from app.appeals import walls
from app.appeals.commands import Complaint
from app.directory.registry import Directory
from app.staff.access import StaffCaller
from app.staff.permissions import SEE, Relation, Role, relation

NOBODYS: frozenset[int] = frozenset()


def agencies(caller: StaffCaller, act: str, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may do this to; none when the role has not this act."""
    return _related(caller.agency_id, relation(caller.role, act), directory)


def visible(caller: StaffCaller, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may read."""
    return agencies(caller, SEE, directory)


def _related(agency_id: int, how: Relation | None, directory: Directory) -> frozenset[int]:
    match how:
        case Relation.OWN_AGENCY:
            return frozenset({agency_id})
        case Relation.SUBTREE:
            return directory.subtree_ids(agency_id)
        case Relation.ANY:
            return frozenset(agency.id for agency in directory.agencies())
        case None:
            return NOBODYS


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Whom a complaint may be walled off from. `agencies`: whose people they are, None for nobody's."""

    account_id: int
    agencies: frozenset[int] | None
    head: bool

    @classmethod
    def of(cls, account_id: int, role: Role, agency_id: int, directory: Directory) -> "Onlooker":
        how = relation(role, SEE)
        whose = None if how is Relation.ANY else _related(agency_id, how, directory)
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
