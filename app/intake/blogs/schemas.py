"""What platforms send and get back. Names and codes are the public contract's."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.appeals.codes import Kind, LanguageCode
from app.core.schema import Code, FullText, Line, Moment, Out, Schema
from app.intake.schemas import ApplicantIn, RegistrationOut
from app.intake.tickets.schemas import AttachmentsIn, ExternalId


class PostIn(Schema):
    post_id: ExternalId
    blog: Annotated[Code, Field(description="whose: a code of /api/v1/directory/blogs", examples=["energy"])]
    author: Annotated[
        ApplicantIn | None,
        Field(examples=[{"name": "Үлгібек Сынақбаев", "address": "Түркістан қ., Мысал көшесі, 5"}]),
    ] = None
    title: Annotated[Line | None, Field(examples=["Көшедегі жарық"])] = None
    text: Annotated[FullText, Field(examples=["Құрметті министр, көшемізде бір аптадан бері жарық жоқ."])]
    attachments: AttachmentsIn
    published_at: Annotated[
        Moment | None,
        Field(
            description="when the author sent it to you, from which the legal day follows; left out: now. "
            "Not in the future, not older than your source may bring (3 days, if nothing else was agreed)",
            examples=["2026-11-23T09:41:00+05:00"],
        ),
    ] = None
    public: Annotated[
        bool, Field(strict=True, description="whether everybody can read it on the platform", examples=[True])
    ] = False
    may_publish: Annotated[
        bool | None,
        Field(
            strict=True,
            description="whether the author allows that question and answer, once a moderator has taken out "
            "what is personal, stand in public lists; left out: as `public`",
        ),
    ] = None
    language: Annotated[
        LanguageCode | None, Field(description="of the answer; left out: told by the letters of the text")
    ] = None
    kind: Kind = Kind.STATEMENT
    topic: Annotated[Code | None, Field(examples=["utilities"])] = None
    region: Annotated[Code | None, Field(description="ISO 3166-2, such as KZ-61")] = None
    url: Annotated[
        Line | None,
        Field(
            description="where it stands on the platform", examples=["https://blogs.example.kz/posts/4711"]
        ),
    ] = None


class BlogRef(Out):
    code: str
    name: str


class PostOut(RegistrationOut):
    post_id: str
    blog: BlogRef


class SigningSecretOut(Out):
    secret: Annotated[str, Field(description="shown this once", examples=["whsec_…"])]
    previous_secret_until: Annotated[
        datetime, Field(description="until then what the secret before it has signed is taken too")
    ]
