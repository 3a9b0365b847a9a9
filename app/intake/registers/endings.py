"""How an appeal of a register ended, as acts of ours at the moment that the register gives.

They pass the same guards as anybody's acts. What old records cannot have is said to be missing, and never
made up: an answer that the register does not hold is recorded as such, and where the law asks for a hearing
first (R18), the recorded exemption says that it was decided before it was brought here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.appeals.codes import ActorKind, Outcome, TerminationGround
from app.appeals.commands import (
    Actor,
    Answering,
    Command,
    Forwarding,
    Hearing,
    Payload,
    Terminating,
    Writing,
)
from app.appeals.lifecycle import Act
from app.core import clock
from app.core.i18n import Language, t
from app.deadlines.regimes import LAW, Matter
from app.intake.registers.flaws import AnyFlaw, Flaw
from app.intake.registers.mapping import ENDINGS, FORWARDED, OPEN, TERMINATED, WITHDRAWN
from app.intake.schemas import AppealIn

BROUGHT = Actor(ActorKind.SOURCE)
"""The register, for those who acted then."""

Says = Callable[..., Flaw]


@dataclass(frozen=True, slots=True)
class Ending:
    """`acts` in order, each with its payload, all at one moment."""

    at: datetime
    acts: tuple[tuple[Act, Payload], ...]

    @property
    def goes_to(self) -> str | None:
        """The code of the agency that it was forwarded to."""
        return next((said.to for _, said in self.acts if isinstance(said, Forwarding)), None)

    def commands(self, appeal_id: int) -> list[Command]:
        return [
            Command(act, appeal_id, BROUGHT, self.at, payload=payload, silent=True)
            for act, payload in self.acts
        ]


def ending_of(
    values: Mapping[str, str],
    closed: datetime | None,
    received: datetime,
    appeal: AppealIn,
    flaw: Says,
    flaws: list[AnyFlaw],
) -> Ending | None:
    """None for what is open. What is wrong goes to `flaws`."""
    code = values.get("ending", "") or OPEN
    if code not in ENDINGS:
        flaws.append(flaw("unknown_value", "ending", value=code[:100], field="ending"))
    elif code == OPEN:
        if closed is not None:
            flaws.append(flaw("open_but_closed", "closed"))
    elif closed is None:
        flaws.append(flaw("closed_missing", "closed"))
    else:
        return Ending(closed, _acts(code, values, received, appeal, flaw, flaws))
    return None


def _acts(
    code: str,
    values: Mapping[str, str],
    received: datetime,
    appeal: AppealIn,
    flaw: Says,
    flaws: list[AnyFlaw],
) -> tuple[tuple[Act, Payload], ...]:
    language: Language = appeal.language.value
    reason = values.get("reason") or t("registers.reason_not_kept", language)
    if code == WITHDRAWN:
        return ((Act.WITHDRAW, Writing(reason)),)
    if code.startswith(TERMINATED):
        ground = TerminationGround(code.removeprefix(TERMINATED))
        return ((Act.TERMINATE, Terminating(ground, reason)),)
    if code == FORWARDED:
        if not values.get("forwarded_to"):
            flaws.append(flaw("forwarded_nowhere", "forwarded_to"))
        return ((Act.FORWARD, Forwarding(values.get("forwarded_to", ""), reason)),)
    if not values.get("legal_basis"):
        flaws.append(flaw("legal_basis_missing", "legal_basis"))
    return _answer(Outcome(code), values, received, appeal.kind, language)


def _answer(
    outcome: Outcome, values: Mapping[str, str], received: datetime, kind: str, language: Language
) -> tuple[tuple[Act, Payload], ...]:
    text = values.get("answer") or t("registers.answer_not_kept", language)
    answer = (Act.ANSWER, Answering(outcome, text, language, values.get("legal_basis") or None))
    rule = LAW.find(Matter.HEARING, kind, clock.civil_day(received))
    if rule is None or outcome not in rule.codes:
        return (answer,)
    exempt = Hearing(exempt_ground=t("registers.decided_before", language))
    return ((Act.HEARING, exempt), answer)
