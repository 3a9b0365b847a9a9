"""How people reach the body that answers them: telephone, e-mail, address and office hours."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.core import clock
from app.core.i18n import Language, t
from app.directory import snapshot
from app.directory.values import Agency, Contact


@dataclass(frozen=True, slots=True)
class Reached:
    """`body`: whose this is, the one asked for or the nearest above it that says how it is reached."""

    body: str
    phone: str | None
    email: str | None
    address: str | None
    hours: str

    @property
    def dialled(self) -> str:
        return "".join(sign for sign in self.phone or "" if sign in "+0123456789")


def reached(codes: Iterable[str], lang: Language) -> list[Reached]:
    """Each body once, in the order of the codes; nothing of those of whom nothing is said."""
    found = (_said(code) for code in dict.fromkeys(codes))
    return list(dict.fromkeys(_shown(agency, lang) for agency in found if agency))


def _said(code: str) -> Agency | None:
    directory = snapshot.current()
    agency = directory.agency(code) if directory.has_agency(code) else None
    while agency is not None and agency.contact == Contact():
        agency = directory.parent(agency)
    return agency


def _shown(agency: Agency, lang: Language) -> Reached:
    said, hours = agency.contact, agency.hours
    return Reached(
        agency.name(lang, clock.today()),
        said.phone,
        said.email,
        said.address.in_(lang) if said.address else None,
        t(f"contact.hours.{hours.week}", lang, opens=f"{hours.opens:%H:%M}", closes=f"{hours.closes:%H:%M}"),
    )
