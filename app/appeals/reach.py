"""Which bodies' cases somebody's role reaches, by the table of who may do what."""

from app.core import sight
from app.core.sight import Sight
from app.directory import snapshot
from app.directory.registry import Directory
from app.staff.permissions import SEE, Relation, Role, relations


def agencies(role: Role, agency_id: int, act: str, directory: Directory) -> frozenset[int] | None:
    """The ids of the bodies whose cases who works for `agency_id` may do this to; None: all there are."""
    how = relations(role, act)
    if Relation.ANY in how:
        return None
    if Relation.BELOW in how:
        return directory.subtree_ids(agency_id)
    return frozenset({agency_id}) if Relation.HOLDER in how else frozenset()


def sight_of(role: Role, agency_id: int) -> Sight:
    """What the database shows of cases to who works there."""
    return sight.of_agencies(agencies(role, agency_id, SEE, snapshot.current()))
