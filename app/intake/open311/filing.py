"""A posted form becomes a submission: what it must hold, what it may, and what is made of it."""

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from app.appeals import history
from app.appeals.codes import Kind
from app.core import clock
from app.core.errors import FieldError, Invalid
from app.core.http import field_errors
from app.core.i18n import LANGUAGES, Language, guessed
from app.core.schema import Email, Line, Text
from app.directory.registry import Directory
from app.intake.open311.asked import jurisdiction, read_moment
from app.intake.open311.errors import ServiceNotFound
from app.intake.open311.form import Posted
from app.intake.open311.services import KIND, REGION, Attribute, Datatype, attributes, keys
from app.intake.schemas import Phone
from app.intake.submission import Person, Submission

CHANNEL = "open311"
KEY_LASTS_DAYS = 30
LONGEST_DESCRIPTION = 4000
_ATTRIBUTE = re.compile(r"attribute\[([^\]\[]{1,100})\](\[\d*\])?")
_KEY = re.compile(r"[A-Za-z0-9._:~-]{16,200}")
_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[a-zA-Z][^<>]*>", re.DOTALL)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise PydanticCustomError("number", "not a number")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s\x00-\x1f<>\"]+", value, re.IGNORECASE):
        raise PydanticCustomError("media_url", "not an address")
    return value


def without_tags(text: str) -> str:
    """No HTML: tags go, what stands between them stays. Once more while taking one out makes another."""
    while (plain := _TAG.sub("", text)) != text:
        text = plain
    return plain


Degrees = Annotated[float, AfterValidator(_finite)]
MediaUrl = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True), AfterValidator(_address)]


class RequestIn(BaseModel):
    """The fields of the standard."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    lat: Annotated[Degrees, Field(ge=-90, le=90)] | None = None
    long: Annotated[Degrees, Field(ge=-180, le=180)] | None = None
    address_string: Line | None = None
    address_id: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    device_id: Line | None = None
    account_id: Line | None = None
    description: Annotated[Text, Field(max_length=LONGEST_DESCRIPTION), AfterValidator(without_tags)] = ""
    media_url: Annotated[list[MediaUrl], Field(max_length=10)] = []


def submission(
    form: Posted, source: str, client_id: int, directory: Directory, lang: Language, key: str | None
) -> tuple[Submission, RequestIn]:
    """Raises JurisdictionNotFound, ServiceNotFound, or Invalid with all that is wrong."""
    now = clock.now()
    place = jurisdiction(form.one("jurisdiction_id"), directory)
    code = form.one("service_code")
    if code is None:
        raise Invalid.of("service_code", "missing")
    if not directory.has_topic(code):
        raise ServiceNotFound
    wrong: list[FieldError] = []
    said = _fields(form, wrong)
    chosen = dict(_chosen(form, attributes(code), directory, now, wrong))
    if key is not None and not _KEY.fullmatch(key):
        wrong.append(FieldError("Idempotency-Key", "idempotency_key"))
    if wrong:
        raise Invalid(errors=wrong)
    language = _language(form, said.description, lang)
    return Submission(
        kind=Kind(chosen.pop(KIND, Kind.MESSAGE)),
        language=language,
        text=said.description.strip() or directory.topic(code).name(language),
        applicant=Person(name=_name(said), phone=said.phone, email=said.email),
        topic=code,
        region=chosen.pop(REGION, place),
        incident_address=said.address_string,
        channel=CHANNEL,
        source=source,
        received_at=now,
        details=_details(said, chosen),
        key=hashlib.sha256(f"open311\0{client_id}\0{key}".encode()).digest() if key else None,
        request_hash=_hash(form) if key else None,
        key_expires_at=now + clock.days(KEY_LASTS_DAYS) if key else None,
    ), said


def _fields(form: Posted, wrong: list[FieldError]) -> RequestIn:
    sent: dict[str, Any] = {
        name: value for name in RequestIn.model_fields if (value := form.one(name)) is not None
    }
    sent["media_url"] = form.many("media_url", "media_url[]")
    for name in ("lat", "long"):  # some write a comma
        if name in sent:
            sent[name] = sent[name].strip().replace(",", ".")
    try:
        said = RequestIn(**sent)
    except ValidationError as error:
        wrong += field_errors(error.errors(), skip=0)
        return RequestIn()
    wrong += _location(said)
    return said


def _location(said: RequestIn) -> Iterator[FieldError]:
    """One of: both coordinates, an address in words, an address by its id."""
    if (said.lat is None) != (said.long is None):
        yield FieldError("lat" if said.lat is None else "long", "coordinates_in_pairs")
    elif said.lat is None and not said.address_string and not said.address_id:
        yield FieldError("lat", "location_missing")


def _chosen(
    form: Posted, known: Sequence[Attribute], directory: Directory, now: datetime, wrong: list[FieldError]
) -> Iterator[tuple[str, Any]]:
    """What was said of each attribute that the service has; others are passed over."""
    sent: dict[str, list[str]] = {}
    for name, value in form.fields:
        if found := _ATTRIBUTE.fullmatch(name):
            sent.setdefault(found[1], []).append(value.strip())
    for attribute in known:
        name, values = f"attributes.{attribute.code}", sent.get(attribute.code, [])
        if not values:
            if attribute.required:
                wrong.append(FieldError(name, "missing"))
            continue
        if attribute.datatype is Datatype.MULTI:
            values = [part.strip() for value in values for part in value.split(",") if part.strip()]
        if problem := _problem(attribute, values, keys(attribute, directory, clock.civil_day(now))):
            wrong.append(FieldError(name, *problem))
        else:
            yield attribute.code, values if attribute.datatype is Datatype.MULTI else values[0]


def _problem(
    attribute: Attribute, values: Sequence[str], allowed: Sequence[str]
) -> tuple[str, dict[str, Any]] | None:
    match attribute.datatype:
        case Datatype.SINGLE | Datatype.MULTI:
            if not set(values) <= set(allowed):
                return "enum", {"expected": ", ".join(allowed)}
        case Datatype.NUMBER:
            if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", values[0]):
                return "number", {}
        case Datatype.DATETIME:
            if read_moment(values[0]) is None:
                return "datetime_parsing", {}
        case Datatype.STRING | Datatype.TEXT:
            if len(values[0]) > LONGEST_DESCRIPTION:
                return "string_too_long", {"max_length": LONGEST_DESCRIPTION}
    return None


def _language(form: Posted, text: str, asked: Language) -> Language:
    """The answer comes in it: as it is said, else by the letters of the text, else as the caller reads."""
    said = (form.one("locale") or form.one("lang") or "")[:2].lower()
    for known in LANGUAGES:
        if said == known:
            return known
    return guessed(text) or asked


def _name(said: RequestIn) -> str | None:
    return " ".join(filter(None, (said.first_name, said.last_name))) or None


def _details(said: RequestIn, chosen: dict[str, Any]) -> dict[str, Any]:
    found = said.model_dump(
        include={"lat", "long", "address_id", "device_id", "account_id", "media_url"}, exclude_none=True
    )
    return {name: value for name, value in {**found, "attributes": chosen}.items() if value not in ([], {})}


def _hash(form: Posted) -> bytes:
    """Of what was said, not of who says it; the order of fields is nothing."""
    said = sorted(pair for pair in form.fields if pair[0] != "api_key")
    return hashlib.sha256(history.canonical([*said, form.files])).digest()
