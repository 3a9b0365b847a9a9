"""Whose figures and cases a head or a controller asks about, and as whom they stand before a wall."""

from collections.abc import Sequence

from app.core.errors import Forbidden, Invalid
from app.directory.registry import Directory, UnknownCode
from app.directory.values import Agency
from app.oversight.asked import unknown_code
from app.staff.access import StaffCaller
from app.staff.permissions import SEE, Relation, relation


def agencies(caller: StaffCaller, code: str | None, directory: Directory) -> Sequence[Agency]:
    """The body asked about, or all that the caller sees. Raises Invalid for an unknown code, Forbidden."""
    seen = [agency for agency in directory.agencies() if _sees(caller, agency, directory)]
    if code is None:
        return seen
    try:
        agency = directory.agency(code)
    except UnknownCode:
        raise Invalid(errors=[unknown_code("agency", directory.near("agency", code))]) from None
    if agency not in seen:
        raise Forbidden
    return [agency]


def _sees(caller: StaffCaller, agency: Agency, directory: Directory) -> bool:
    how = relation(caller.role, SEE)
    return how is Relation.ANY or (
        how is Relation.SUBTREE and agency.id in directory.subtree_ids(caller.agency_id)
    )


def before_walls(caller: StaffCaller, directory: Directory) -> tuple[int, list[int], bool]:
    """`me`, `agencies` and `head` of `walls.condition`: a controller is nobody's."""
    whole = relation(caller.role, SEE) is Relation.ANY
    own = [] if whole else sorted(directory.subtree_ids(caller.agency_id))
    return caller.account_id, own, not whole
