"""Which agencies' cases a staff member may see or act on."""

from app.directory.registry import Directory
from app.staff.access import StaffCaller
from app.staff.permissions import SEE, Relation, relation

NOBODYS: frozenset[int] = frozenset()


def agencies(caller: StaffCaller, act: str, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may do this to; none when the role has not this act."""
    match relation(caller.role, act):
        case Relation.OWN_AGENCY:
            return frozenset({caller.agency_id})
        case Relation.SUBTREE:
            return directory.subtree_ids(caller.agency_id)
        case Relation.ANY:
            return frozenset(agency.id for agency in directory.agencies())
        case None:
            return NOBODYS


def visible(caller: StaffCaller, directory: Directory) -> frozenset[int]:
    """Ids of the agencies whose cases the caller may read."""
    return agencies(caller, SEE, directory)
