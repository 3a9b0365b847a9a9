"""Column types shared by every models.py."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    Identity,
    LargeBinary,
    TypeDecorator,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field

from app.core.cipher import cipher
from app.core.words import tokens

TIMESTAMP = DateTime(timezone=True)


class Encrypted(TypeDecorator[str]):
    """Personal text: encrypted on its way in, readable on its way out; `column` binds it to its place."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return cipher().encrypt_optional(value, self.column)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        return cipher().decrypt_optional(value, self.column)


class SearchHash(TypeDecorator[bytes]):
    """What a row is found by: the keyed hash of what an encrypted column beside it holds."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, of: Encrypted, name: str, normal: Callable[[str], str | None] = str) -> None:
        """`name`: of the encrypted column in this table. `normal`: makes what people type for the same one
        text."""
        super().__init__()
        self.column, self.of, self.normal = of.column, name, normal

    def made_of(self, said: Mapping[str, str | None]) -> bytes | None:
        """`said`: what the row's encrypted columns hold, by name."""
        text = said[self.of]
        return cipher().search_hash(self.normal(text) if text else None, self.column)


class Words(TypeDecorator[list[int]]):
    """What a row is found by: the keyed words of what its encrypted columns hold."""

    impl = ARRAY(BigInteger)
    cache_ok = True

    def __init__(self, text: Callable[[Mapping[str, str | None]], str]) -> None:
        """`text`: what is searched, from what the row's encrypted columns hold, by name."""
        super().__init__()
        self.text = text

    def made_of(self, said: Mapping[str, str | None]) -> list[int]:
        return tokens(self.text(said))


class Xid8(UserDefinedType[int]):
    """The writing transaction's id: a reader of what is new compares it with the snapshot's oldest."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


def identity() -> Any:
    return Field(default=None, sa_type=BigInteger, primary_key=True, sa_column_args=[Identity(always=True)])


def xid() -> Any:
    return Field(
        default=None,
        sa_type=Xid8,
        nullable=False,
        sa_column_kwargs={"server_default": sql("pg_current_xact_id()")},
    )


def utc(*, nullable: bool = False, **kwargs: Any) -> Any:
    return Field(sa_type=TIMESTAMP, nullable=nullable, **kwargs)


def one_of(column: str, codes: Iterable[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """A CHECK that a text column holds one of these codes."""
    listed = ", ".join(f"'{code.value}'" for code in codes)
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)
