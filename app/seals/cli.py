"""`listening-state verify`: was anything rewritten, and does a receipt prove what it says?

Exit codes: 0 nothing was changed, or it is proven; 1 something was changed, or does not fit; 2 wrong use; 3
the receipt is from before its seal.

What is heavy is imported where it is used, as in app/cli.py: `--help` must not wait for it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.core.commands import OnDatabase, Progress, language

if TYPE_CHECKING:
    from app.core.db import Database
    from app.core.i18n import Language
    from app.seals.receipt import Proof, Proven
    from app.seals.verifying import Recount, Walk

MOST_FINDINGS = 100
LARGEST_RECEIPT = 20_000_000
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def commands(on_database: OnDatabase, progress: Progress, recount: "Recount") -> list[click.Command]:
    """The command to add to the main one. `recount`: the figures beside the events, a line a difference."""

    @click.command("verify")
    @click.argument("receipt", type=_FILE, required=False)
    @click.option("--key", help="With a receipt: the key to believe, its id or a PEM file.")
    @click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was sealed from this day on.")
    @click.option("--heads", type=_FILE, multiple=True, help="A copy of the heads to compare with, too.")
    @click.option("--files", is_flag=True, help="Read every file that came along, too; takes long.")
    @click.option("--lang", type=click.Choice(["kk", "ru", "en"]), help="Of what is said. [LANG]")
    def verify(
        receipt: Path | None,
        key: str | None,
        since: datetime | None,
        heads: tuple[Path, ...],
        files: bool,
        lang: str | None,
    ) -> None:
        """Was anything rewritten? Walks the tables of record and names each row that was changed.

        With RECEIPT, a file as `GET /api/v1/receipts/{number}` gives it, says what it proves, without a
        database or a network.

        Exits with 0 when nothing was changed, 1 when something was, 3 when the receipt is not sealed yet.
        """
        said = language(lang, os.environ)
        if receipt:
            raise SystemExit(_receipt(receipt, key, said))
        asked = _Asked(since, heads, files, said, progress, recount)
        raise SystemExit(on_database(asked.run))

    return [verify]


@dataclass(frozen=True, slots=True)
class _Asked:
    since: datetime | None
    heads: Sequence[Path]
    files: bool
    lang: "Language"
    progress: Progress
    recount: "Recount"

    async def run(self, db: "Database") -> int:
        """Say what is found as it is found; gives the exit code."""
        walk, count = self._walk(db), 0
        async for found in walk.findings():
            count += 1
            _say(found.sentence(self.lang))
            if count == MOST_FINDINGS:
                break
        for line in self._told(walk, count):
            _say(line)
        return 1 if count else 0

    def _walk(self, db: "Database") -> "Walk":
        from app.attachments.storage import storage_of
        from app.core import clock
        from app.seals.heads_file import HeadsFile
        from app.seals.verifying import Walk
        from app.settings import get_settings

        settings = get_settings()
        outside = [HeadsFile.of(settings).path, *self.heads]
        since = self.since.replace(tzinfo=clock.ZONE) if self.since else None
        storage = storage_of(settings) if self.files else None
        recount = self.recount if since is None else None
        return Walk(db, outside, self.progress, since, recount, storage)

    def _told(self, walk: "Walk", count: int) -> list[str]:
        from app.core.i18n import t
        from app.seals.findings import local

        lang, lines = self.lang, list[str]()
        if count:
            lines.append(t("seals.more" if count == MOST_FINDINGS else "seals.changed", lang, count=count))
        elif walk.newest:
            sealed = {"events": walk.events, "seals": walk.seals, "at": local(walk.newest)}
            lines.append(t("seals.whole", lang, **sealed))
        else:
            lines.append(t("seals.none", lang))
        if walk.oldest_unsealed:
            unsealed = {"count": walk.unsealed, "at": local(walk.oldest_unsealed)}
            lines.append(t("seals.unsealed", lang, **unsealed))
        if walk.erased.texts:
            lines.append(t("seals.erased", lang, count=walk.erased.texts))
        if self.since:
            lines.append(t("seals.since", lang, day=self.since.date()))
        return lines


def _receipt(file: Path, key: str | None, lang: "Language") -> int:
    from app.core.i18n import t
    from app.seals import receipt
    from app.seals.findings import local

    try:
        text = _text(file, LARGEST_RECEIPT)
        proof = receipt.prove(text, _key(key) if key else None)
    except receipt.NotSealed as waiting:
        _say(t("seals.receipt.waiting", lang, by=local(waiting.by)))
        return 3
    except receipt.Disproved as wrong:
        why = t(f"seals.disproved.{wrong.code}", lang, what=wrong.what)
        _say(t("seals.receipt.disproved", lang, why=why))
        return 1
    except receipt.NotAReceipt:
        _say(t("seals.receipt.none", lang, file=file))
        return 2
    for line in _proven(proof, lang):
        _say(line)
    return 0


def _text(file: Path, most: int) -> str:
    with file.open("rb") as source:
        return source.read(most).decode(errors="replace")


def _key(given: str) -> str:
    """The id of the key that is to be believed, from itself or from a file of the key."""
    from app.seals import heads

    path = Path(given)
    if not path.is_file():
        return given.lower()
    try:
        return heads.key_id(_text(path, 10_000))
    except ValueError:
        raise click.BadParameter("not a public key (PEM)", param_hint="--key") from None


def _proven(proof: "Proof", lang: "Language") -> list[str]:
    from app.core.i18n import t

    lines = [_event(proof.number, event, lang) for event in proof.events]
    if proof.applicant:
        lines.append(t(f"seals.receipt.applicant_{proof.applicant}", lang))
    if proof.waiting:
        lines.append(t("seals.receipt.more_waiting", lang, count=proof.waiting))
    return [*lines, *(t("seals.receipt.key", lang, id=key) for key in sorted(proof.keys))]


def _event(number: str, event: "Proven", lang: "Language") -> str:
    from app.core.i18n import t
    from app.seals.findings import local

    kind = "registered" if event.kind == "registered" else "answered"
    whole = f"{number}.{event.part}" if event.part else number
    told = {"number": whole, "at": local(event.at), "sealed": local(event.head.at), "seal": event.head.number}
    line = t(f"seals.receipt.{kind}", lang, **told)
    return f"{line} {t(f'seals.receipt.text_{event.text}', lang)}" if event.text else line


def _say(line: str) -> None:
    click.echo(line)
