"""From a row to what it says: a submission, and how the register says that it ended."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from app.appeals import history
from app.appeals.codes import ActorKind
from app.core import clock
from app.core.http import field_errors
from app.directory.registry import Directory
from app.intake.registers.endings import Ending, ending_of
from app.intake.registers.flaws import Answered, AnyFlaw, Flaw, RowRefused
from app.intake.registers.mapping import APPEAL, APPLICANT, RegisterMapping, Spec
from app.intake.registers.table import Line, numbered
from app.intake.schemas import AppealIn
from app.intake.submission import Person, Submission, source_key

FIRST_YEAR = 2007
LONGEST_NUMBER = 100

Read = Callable[[list[str]], str]


@dataclass(frozen=True, slots=True)
class Entry:
    """`line`: the row that it was read from."""

    line: Line
    submission: Submission
    ending: Ending | None


class UnknownValue(Exception):
    """A value that the table of codes does not list."""


class Reader:
    """Reads the rows of one file by one mapping."""

    def __init__(self, mapping: RegisterMapping, header: Sequence[str], directory: Directory) -> None:
        self.mapping = mapping
        self.header = header
        self._directory = directory
        self._read = {name: _reader(spec, header) for name, spec in mapping.fields.items()}

    def entry(self, line: Line) -> Entry:
        """Raises RowRefused with everything that is wrong."""
        if line.flaw:
            raise RowRefused([line.flaw])
        flaws: list[AnyFlaw] = []
        values = self._values(line.cells, flaws)
        number = self._number(values, flaws)
        received = self._received(values, flaws)
        appeal = self._appeal(values, flaws)
        if flaws or received is None or appeal is None:
            raise RowRefused(flaws)
        closed = self._closed(values, received, flaws)
        self._receiver(values, received, flaws)
        ending = None if flaws else ending_of(values, closed, received, appeal, self._flaw, flaws)
        if flaws:
            raise RowRefused(flaws)
        return Entry(line, self._submission(line, number, received, appeal), ending)

    def _flaw(self, code: str, of: str, **params: Any) -> Flaw:
        """`of`: the field that is wrong."""
        return Flaw(code, self.mapping.column_of(of), params)

    def _values(self, cells: list[str], flaws: list[AnyFlaw]) -> dict[str, str]:
        values = {}
        for name, read in self._read.items():
            try:
                values[name] = read(cells)
            except UnknownValue as unknown:
                flaws.append(self._flaw("unknown_value", name, value=str(unknown)[:100], field=name))
        return values

    def _number(self, values: Mapping[str, str], flaws: list[AnyFlaw]) -> str:
        number = values.get("number", "")
        if not number:
            flaws.append(self._flaw("number_missing", "number"))
        elif len(number) > LONGEST_NUMBER or not number.isprintable():
            flaws.append(self._flaw("number_unfit", "number", most=LONGEST_NUMBER))
        return number

    def _received(self, values: Mapping[str, str], flaws: list[AnyFlaw]) -> datetime | None:
        found = self._moment(values, "received", flaws)
        if found is None:
            if not values.get("received"):
                flaws.append(self._flaw("moment_missing", "received"))
            return None
        return self._bounded(found[0], "received", flaws)

    def _closed(self, values: Mapping[str, str], received: datetime, flaws: list[AnyFlaw]) -> datetime | None:
        found = self._moment(values, "closed", flaws)
        if found is None:
            return None
        closed, timed = found
        if not timed:
            day = received.astimezone(self.mapping.zone).date()
            if closed.astimezone(self.mapping.zone).date() == day:
                return received  # on the same day: not before it
        if closed < received:
            closed = closed.replace(fold=1) if timed else closed  # the hour that came twice
        closed_at = closed.astimezone(UTC)
        if closed_at < received:
            flaws.append(self._flaw("closed_before", "closed", received=values["received"]))
        return self._bounded(closed_at, "closed", flaws)

    def _receiver(self, values: dict[str, str], received: datetime, flaws: list[AnyFlaw]) -> None:
        """The agency that it was forwarded to, by its code or a name; what it was then."""
        typed = values.get("forwarded_to")
        if not typed:
            return
        agency = self._directory.find_agency(typed)
        if agency is None:
            near = ", ".join(self._directory.near("agency", typed)) or "—"
            flaws.append(self._flaw("unknown_agency", "forwarded_to", value=typed[:100], near=near))
        else:
            on = clock.civil_day(received)
            values["forwarded_to"] = self._directory.holder(agency, None, on).code

    def _bounded(self, at: datetime, name: str, flaws: list[AnyFlaw]) -> datetime:
        at = at.astimezone(UTC)
        if clock.civil_day(at).year < FIRST_YEAR:
            flaws.append(self._flaw("too_early", name, year=FIRST_YEAR))
        elif at > clock.now():
            flaws.append(self._flaw("in_future", name))
        return at

    def _moment(
        self, values: Mapping[str, str], name: str, flaws: list[AnyFlaw]
    ) -> tuple[datetime, bool] | None:
        """In the register's zone, and whether it has a time of day."""
        text = values.get(name, "")
        if not text:
            return None
        for form in self.mapping.moments:
            try:
                found = datetime.strptime(text, form).replace(tzinfo=self.mapping.zone)
            except ValueError:
                continue
            return found, _timed(form)
        return self._iso(text, name, flaws)

    def _iso(self, text: str, name: str, flaws: list[AnyFlaw]) -> tuple[datetime, bool] | None:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            forms = ", ".join(self.mapping.moments) or "ISO 8601"
            flaws.append(self._flaw("moment_unread", name, value=text[:100], forms=forms))
            return None
        return found if found.tzinfo else found.replace(tzinfo=self.mapping.zone), len(text) > len(
            "2026-01-01"
        )

    def _appeal(self, values: Mapping[str, str], flaws: list[AnyFlaw]) -> AppealIn | None:
        """As the API takes an appeal, by the same rules."""
        given: dict[str, Any] = {name: values[name] for name in APPEAL if values.get(name)}
        given |= {name: values.get(name, "") for name in ("kind", "language", "text")}
        given["applicant"] = {name: values[name] for name in APPLICANT if values.get(name)}
        try:
            return AppealIn.model_validate(given)
        except ValidationError as error:
            for found in field_errors(error.errors(), skip=0):
                name = found.field.removeprefix("applicant.")
                if name in values:  # else it is said already
                    flaws.append(Answered(found, self.mapping.column_of(name)))
            return None

    def _submission(self, line: Line, number: str, received: datetime, appeal: AppealIn) -> Submission:
        who = appeal.applicant
        source = self.mapping.source
        return Submission(
            kind=appeal.kind,
            language=appeal.language.value,
            text=appeal.text,
            subject=appeal.subject,
            applicant=Person(**dict(who)) if who else Person(),
            addressee=appeal.addressee,
            topic=appeal.topic,
            region=appeal.region,
            incident_address=appeal.incident_address,
            channel=self._read["channel"](line.cells),
            source=source,
            received_at=received,
            external_id=number,
            key=source_key(source, number),
            request_hash=hashlib.sha256(history.canonical(numbered(line.cells, self.header))).digest(),
            actor_kind=ActorKind.SOURCE,
            # Names may have been left out of a register; that does not make its appeals anonymous (A04).
            signed=True,
            silent=True,
        )


@lru_cache(maxsize=64)
def _timed(form: str) -> bool:
    return any(directive in form for directive in ("%H", "%I", "%X", "%c"))


def _reader(spec: Spec, header: Sequence[str]) -> Read:
    if spec.constant is not None:
        constant = spec.constant
        return lambda cells: constant
    if spec.template:
        return _template(spec, header)
    place = header.index(spec.column)
    if spec.codes is None:
        return lambda cells: cells[place].strip()
    return _coded(place, spec.codes, spec.otherwise)


def _coded(place: int, codes: Mapping[str, str], otherwise: str | None) -> Read:
    def read(cells: list[str]) -> str:
        value = cells[place].strip()
        found = codes.get(value, otherwise)
        if found is None and value:
            raise UnknownValue(value)
        return found or ""

    return read


def _template(spec: Spec, header: Sequence[str]) -> Read:
    pieces = [piece if n % 2 == 0 else header.index(piece) for n, piece in enumerate(spec.pieces())]

    def read(cells: list[str]) -> str:
        return "".join(cells[one].strip() if isinstance(one, int) else one for one in pieces).strip()

    return read
