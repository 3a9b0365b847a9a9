"""What the sign-in calls take and give."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.core.schema import Line, Out, Schema
from app.staff.permissions import Role

# Not cleaned like other text: what is typed as a password is the password.
Secret = Annotated[str, StringConstraints(max_length=1_000)]


class TokenForm(Schema):
    """The OAuth2 password form. Many tools send `scope` and client fields too; they mean nothing here."""

    grant_type: Literal["password", "refresh_token"] = "password"
    username: Line = Field("", examples=["operator@energy"])
    password: Secret = Field("", examples=["the demo password"], json_schema_extra={"format": "password"})
    totp: Secret = Field("", description="six digits, from the app on the telephone", examples=["123456"])
    refresh_token: Secret = ""
    scope: Line = ""
    client_id: Line = ""
    client_secret: Secret = ""


class TokenOut(Out):
    access_token: str
    token_type: Literal["bearer"]
    expires_in: int = Field(description="seconds", examples=[900])
    refresh_token: str = Field(description="to be used once")


class TotpForm(Schema):
    """Login and password, and with a code the confirmation of what was set up."""

    username: Line = Field(min_length=1, examples=["head@energy"])
    password: Secret = Field(
        min_length=1, examples=["the demo password"], json_schema_extra={"format": "password"}
    )


class TotpCodeForm(TotpForm):
    totp: Secret = Field(min_length=1, examples=["123456"])


class TotpOut(Out):
    secret: str = Field(description="to be typed into the app, in base 32")
    uri: str = Field(description="the same for a QR code", examples=["otpauth://totp/Listening%20State:head"])


class LogoutIn(Schema):
    everywhere: bool = Field(False, strict=True, description="end every session of mine, on every device")


class AgencyOut(Out):
    code: str = Field(examples=["energy"])


class MeOut(Out):
    login: str = Field(examples=["operator@energy"])
    name: str = Field(examples=["Айгүл Серікқызы"])
    role: Role
    agency: AgencyOut
    acts: list[str] = Field(
        description="what my role may do on a case", examples=[["answer", "claim", "note"]]
    )
