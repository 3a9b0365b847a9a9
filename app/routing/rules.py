"""To whom an appeal goes, and why. PURE: the same request and directory always give the same decision.

In this order: the blog that it was written on, the addressee that was named, the source's own agency,
competence by topic and region, the triage desk of the Administration. Every decision names a body that exists
on the day (2007-2060).
A complaint about what came of another appeal goes by that appeal alone (`route_complaint`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Self

from app.core.errors import FieldError, Invalid
from app.core.i18n import Language, t
from app.deadlines.complaints import Reviewer, ReviewerKind
from app.directory.registry import Directory
from app.directory.values import Agency

TRIAGE = "administration"
_SHOWN = 100


class Rule(StrEnum):
    BLOG = "blog"
    ADDRESSEE = "addressee"
    ADDRESSEE_SUCCESSOR = "addressee_successor"
    ADDRESSEE_PREDECESSOR = "addressee_predecessor"
    SOURCE = "source"
    COMPETENCE_REGION = "competence_region"
    COMPETENCE = "competence"
    TRIAGE = "triage"
    COMPLAINT = "complaint"


class UnknownAddressee(Invalid):
    """Nobody has the code or name that was given as the addressee; `near` are those like it."""

    status, code = 422, "unknown_addressee"

    def __init__(self, typed: str, near: Sequence[Agency], on: date) -> None:
        super().__init__(extra={"near": [agency.code for agency in near]})
        self.typed = typed if len(typed) <= _SHOWN else f"{typed[:_SHOWN]}…"
        self.near = tuple(near)
        self.on = on

    def as_json(self, language: Language) -> dict[str, Any]:
        listed = ", ".join(f"{agency.code} ({agency.name(language, self.on)})" for agency in self.near)
        self.params = {"typed": self.typed, "near": listed or "—"}
        self.errors = [FieldError("addressee", self.code, self.params)]
        return super().as_json(language)


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """`addressee`: an agency's code or a name it has or had, in any language. The rest are known codes.

    `on`: the civil day of receipt. `blog`: of a head, on which it was written.
    """

    addressee: str | None
    source_agency: str | None
    topic: str | None
    region: str | None
    on: date
    blog: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "addressee": self.addressee,
            "source_agency": self.source_agency,
            "topic": self.topic,
            "region": self.region,
            "on": self.on.isoformat(),
            **({"blog": self.blog} if self.blog else {}),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            addressee=stored["addressee"],
            source_agency=stored["source_agency"],
            topic=stored["topic"],
            region=stored["region"],
            on=date.fromisoformat(stored["on"]),
            blog=stored.get("blog"),
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """Where it goes, by which rule, and what that was decided from."""

    agency: str
    agency_id: int
    rule: Rule
    request: RouteRequest
    directory_version: int
    params: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "agency": self.agency,
            "agency_id": self.agency_id,
            "rule": self.rule.value,
            "params": dict(self.params),
            "request": self.request.as_json(),
            "directory_version": self.directory_version,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            agency=stored["agency"],
            agency_id=stored["agency_id"],
            rule=Rule(stored["rule"]),
            request=RouteRequest.from_json(stored["request"]),
            directory_version=stored["directory_version"],
            params=dict(stored["params"]),
        )


def route(request: RouteRequest, directory: Directory) -> Decision:
    """Raises UnknownAddressee when an addressee is named that nobody is or was."""
    if request.blog is not None:
        return _from_blog(request, request.blog, directory)
    if request.addressee is not None:
        return _to_addressee(request, request.addressee, directory)
    if request.source_agency is not None:
        return _from_source(request, request.source_agency, directory)
    return _by_competence(request, directory) or _to_triage(request, directory)


def route_complaint(
    request: RouteRequest,
    respondent: Agency,
    about: Agency,
    reviewer: Reviewer,
    directory: Directory,
    *,
    handed_over: bool,
) -> Decision:
    """C03: to the body that it is about, which hands it over.

    `about`: who did or left undone what it is about; `respondent`: who does that body's work on the day.
    Where the law of the day knows no handing over, it goes to the reviewer at once; what only a court can
    review, to the triage desk, which tells the applicant so.
    """
    if handed_over or reviewer.kind is ReviewerKind.HEAD:
        return _decision(respondent, Rule.COMPLAINT, request, directory, respondent=about.code)
    to = directory.agency(reviewer.agency or TRIAGE)
    params = {"respondent": about.code, "reviewer": reviewer.kind.value}
    return _decision(to, Rule.COMPLAINT, request, directory, **params)


def _to_addressee(request: RouteRequest, typed: str, directory: Directory) -> Decision:
    named = directory.find_agency(typed)
    if named is None:
        near = [directory.agency(code) for code in directory.near("agency", typed)]
        raise UnknownAddressee(typed, near, request.on)
    if named.valid(request.on):
        return _decision(named, Rule.ADDRESSEE, request, directory)
    holder = directory.holder(named, request.topic, request.on)
    rule = Rule.ADDRESSEE_PREDECESSOR if request.on < named.valid_from else Rule.ADDRESSEE_SUCCESSOR
    return _decision(holder, rule, request, directory, addressee=named.code)


def _from_blog(request: RouteRequest, code: str, directory: Directory) -> Decision:
    agency = directory.agency_by_id(directory.blog(code).agency_id)
    holder = directory.holder(agency, request.topic, request.on)
    return _decision(holder, Rule.BLOG, request, directory, blog=code, blog_agency=agency.code)


def _from_source(request: RouteRequest, code: str, directory: Directory) -> Decision:
    holder = directory.holder(directory.agency(code), request.topic, request.on)
    return _decision(holder, Rule.SOURCE, request, directory, source_agency=code)


def _by_competence(request: RouteRequest, directory: Directory) -> Decision | None:
    if request.topic is None:
        return None
    row = directory.competence(request.topic, request.region, request.on)
    if row is None:
        return None
    agency = directory.agency_by_id(row.agency_id)
    if row.region is None:
        return _decision(agency, Rule.COMPETENCE, request, directory, topic=row.topic)
    return _decision(agency, Rule.COMPETENCE_REGION, request, directory, topic=row.topic, region=row.region)


def _to_triage(request: RouteRequest, directory: Directory) -> Decision:
    params = {} if request.topic is None else {"topic": request.topic}
    return _decision(directory.agency(TRIAGE), Rule.TRIAGE, request, directory, **params)


def _decision(
    agency: Agency, rule: Rule, request: RouteRequest, directory: Directory, **params: str
) -> Decision:
    return Decision(agency.code, agency.id, rule, request, directory.version, params)


def reason(decision: Decision, directory: Directory, lang: Language, on: date) -> str:
    """One sentence on why it went there, with the names of the day `on`."""
    shown: dict[str, object] = {"agency": directory.agency(decision.agency).name(lang, on)}
    params = decision.params
    if "addressee" in params:
        addressee = directory.agency(params["addressee"])
        shown["addressee"] = addressee.name(lang, on)
        shown |= {"first": addressee.valid_from, "last": addressee.valid_to}
    if "blog" in params:
        shown["blog"] = directory.blog(params["blog"]).name(lang)
    for name in ("source_agency", "respondent"):
        if name in params:
            shown[name] = directory.agency(params[name]).name(lang, on)
    if "topic" in params:
        shown["topic"] = _in_a_sentence(directory.topic(params["topic"]).name(lang), lang)
    if "region" in params:
        shown["region"] = directory.region(params["region"]).name(lang, on)
    return t(f"routing.{_sentence(decision)}", lang, **shown)


def _sentence(decision: Decision) -> str:
    if decision.rule is Rule.BLOG and decision.params["blog_agency"] != decision.agency:
        return "blog_moved"
    if decision.rule is Rule.SOURCE and decision.params["source_agency"] != decision.agency:
        return "source_moved"
    if decision.rule is Rule.TRIAGE and "topic" not in decision.params:
        return "triage_no_topic"
    if decision.rule is Rule.COMPLAINT:
        return _complaint_sentence(decision)
    return decision.rule.value


def _complaint_sentence(decision: Decision) -> str:
    if "reviewer" in decision.params:
        return f"complaint_{decision.params['reviewer']}"
    return "complaint" if decision.params["respondent"] == decision.agency else "complaint_successor"


def _in_a_sentence(name: str, lang: Language) -> str:
    """English has the topic inside its sentence, the other two in quotation marks."""
    return name[0].lower() + name[1:] if lang == "en" else name
