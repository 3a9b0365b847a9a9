"""What is asked and answered about questions."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.appeals.codes import LanguageCode
from app.core.schema import Code, Day, FullText, Line, Out, Schema
from app.intake.schemas import AgencyOut, ApplicantIn, RegistrationOut

MOST = 50
LONGEST_QUESTION, LONGEST_ANSWER = 500, 8_000


def _at_most(longest: int) -> AfterValidator:
    def check(value: str) -> str:
        if len(value) > longest:
            raise PydanticCustomError("string_too_long", "too long", {"max_length": longest})
        return value

    return AfterValidator(check)


QuestionText = Annotated[FullText, _at_most(LONGEST_QUESTION)]
AnswerText = Annotated[FullText, _at_most(LONGEST_ANSWER)]


class FaqTextIn(Schema):
    question: QuestionText
    answer: AnswerText


class FaqTextsIn(Schema):
    """Kazakh and Russian always, English where there is one."""

    kk: FaqTextIn
    ru: FaqTextIn
    en: FaqTextIn | None = None


class FaqWordsIn(Schema):
    texts: FaqTextsIn
    valid_from: Annotated[Day | None, Field(description="left out: today")] = None
    valid_to: Annotated[Day | None, Field(description="the last day; left out: while it is not retired")] = (
        None
    )


class FaqNewIn(FaqWordsIn):
    agency: Annotated[Code, Field(examples=["energy"])]
    topic: Annotated[Code, Field(examples=["utilities"])]


class FaqRevisionIn(FaqWordsIn):
    version: Annotated[int, Field(ge=1, strict=True, description="the version that was read")]


class FaqRetirementIn(Schema):
    version: Annotated[int, Field(ge=1, strict=True, description="the version that was read", examples=[1])]


class FaqIn(Schema):
    q: Annotated[
        Line, Field(description="what one wants to know; left out: all there are", examples=["жылу жоқ"])
    ] = ""
    agency: Code | None = None
    topic: Code | None = None
    language: Annotated[
        LanguageCode | None,
        Field(description="of the texts that are shown; left out: the caller's. All languages are searched"),
    ] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 10


class FaqOut(Out):
    id: int
    agency: AgencyOut
    topic: str
    language: LanguageCode = Field(
        description="of this text: the one asked for where there is one, else Kazakh"
    )
    languages: list[LanguageCode]
    question: str
    answer: str
    revised_on: date


class FaqListOut(Out):
    items: list[FaqOut] = Field(description="what fits best first")


class FaqVersionOut(Out):
    version: int
    at: datetime
    author: str | None = Field(description="login; null: it came from a file")
    retired: bool
    valid_from: date
    valid_to: date | None
    texts: dict[LanguageCode, FaqTextIn]


class FaqHistoryOut(Out):
    """`helped`, `not_helped`: what readers said, of all versions."""

    id: int
    agency: AgencyOut
    topic: str
    helped: int
    not_helped: int
    versions: list[FaqVersionOut] = Field(description="the newest first")


class HelpedIn(Schema):
    helped: Annotated[bool, Field(strict=True, examples=[True])]


# Asking


class QuestionIn(Schema):
    """A question; `confirm` once what was found does not answer it."""

    text: Annotated[FullText, Field(examples=["Үйде жылу жоқ, қайда хабарласамын?"])]
    language: LanguageCode
    subject: Line | None = None
    agency: Annotated[
        Line | None, Field(description="whom it is for: a code, or a name in any of the languages")
    ] = None
    topic: Code | None = None
    region: Annotated[Code | None, Field(description="ISO 3166-2, such as KZ-61")] = None
    applicant: ApplicantIn | None = None
    confirm: Annotated[
        bool, Field(strict=True, description="none of what was found helped: register it as an appeal")
    ] = False


class QuestionOut(Out):
    found: list[FaqOut] = Field(description="answers that may help; empty once it is registered")
    registration: RegistrationOut | None = Field(description="null until it is confirmed")
    sentence: str = Field(description="what happens next, in words")
