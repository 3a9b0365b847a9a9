"""Does a receipt prove what it says? (PURE): nothing but the file is asked, no database and no network.

It proves that the rows of the record that it holds were there when their head was signed; whose key that was,
one has to compare with what is published.
"""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.appeals.history import applicant_hash, content_hash
from app.appeals.numbers import NumberError, parse
from app.seals import heads, tree
from app.seals.heads import Head, NotAHead
from app.seals.tree import Step


class NotAReceipt(ValueError):
    """The text is no receipt with a proof."""


class NotSealed(Exception):
    """The receipt is from before the seal. `by`: when to fetch it again."""

    def __init__(self, by: datetime) -> None:
        super().__init__(by)
        self.by = by


class Disproved(Exception):
    """`code`: of `seals.receipt.…`, what does not fit; `what`: of which event, or which field."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code, what)
        self.code, self.what = code, what


@dataclass(frozen=True, slots=True)
class Proven:
    """An event that is proven: its text is `proven`, `left_out`, `erased` or (None) it has none."""

    kind: str
    part: int
    at: datetime
    head: Head
    text: str | None


@dataclass(slots=True)
class Proof:
    number: str
    keys: set[str] = field(default_factory=set)
    events: list[Proven] = field(default_factory=list)
    applicant: str | None = None
    waiting: int = 0


def prove(text: str, trusted: str | None = None) -> Proof:
    """What a receipt (JSON as the API gave it) proves. `trusted`: id of the only key to believe.

    Raises NotAReceipt, NotSealed, Disproved.
    """
    try:
        receipt = json.loads(text)
        return _prove(receipt, receipt["proof"], trusted)
    except (NotAHead, TypeError, LookupError, AttributeError, ValueError, RecursionError) as error:
        raise NotAReceipt from error


def _prove(receipt: Mapping[str, Any], proof: Mapping[str, Any], trusted: str | None) -> Proof:
    if proof["state"] == "waiting":
        raise NotSealed(_instant(proof["sealed_by"]))
    if proof["state"] == "broken":
        raise Disproved("broken")
    found = Proof(str(receipt["number"]))
    signed = _heads(proof, trusted)
    for event in proof["events"]:
        if event["head"] is None:
            found.waiting += 1
            continue
        head = signed.get(event["head"])
        if head is None:
            raise Disproved("head_missing", str(event["head"]))
        found.events.append(_event(event, head))
        found.keys.add(head.key)
    _as_said(receipt, proof, found)
    return found


def _heads(proof: Mapping[str, Any], trusted: str | None) -> Mapping[int, Head]:
    keys = {heads.key_id(key["public"]): key for key in proof["keys"]}
    found: dict[int, Head] = {}
    before: tuple[Head, bytes] | None = None
    for one in sorted(proof["heads"], key=lambda one: int(one["number"])):
        head = Head.read(one["head"])
        if not _believed(head.key, keys, trusted):
            raise Disproved("key", head.key)
        key = keys.get(head.key)
        if key is None or not heads.signed_by(key["public"], one["head"], b64decode(one["signature"])):
            raise Disproved("signature", str(head.number))
        if before and (
            head.at < before[0].at or (head.number == before[0].number + 1 and head.previous != before[1])
        ):
            raise Disproved("order", str(head.number))
        before = head, heads.head_hash(one["head"])
        found[head.number] = head
    return found


def _believed(key: str, keys: Mapping[str, Mapping[str, Any]], trusted: str | None) -> bool:
    """The trusted key itself, and one that it signed for."""
    if trusted in (None, key):
        return True
    told, by = keys.get(key), keys.get(trusted or "")
    if told is None or by is None or told["introduced_by"] != trusted:
        return False
    return heads.signed_by(by["public"], heads.introduction(key), b64decode(told["signature"]))


def _event(event: Mapping[str, Any], head: Head) -> Proven:
    """One event, from its text up to the head."""
    said = json.loads(event["event"])
    kind = str(said["kind"])
    hash_ = hashlib.sha256(event["event"].encode()).hexdigest()
    leaf = json.loads(event["leaf"])
    if (leaf["table"], leaf["hash"]) != ("event", hash_):
        raise Disproved("leaf", kind)
    steps = [Step(step["side"], bytes.fromhex(step["hash"])) for step in event["path"]]
    if tree.root_by(tree.leaf_hash(event["leaf"].encode()), steps) != head.root:
        raise Disproved("path", kind)
    return Proven(kind, said["part"], _instant(said["at"]), head, _text(event, said, kind))


def _text(event: Mapping[str, Any], said: Mapping[str, Any], kind: str) -> str | None:
    if said["content"] is None:
        return None
    content = event["content"]
    if content is None or content.get("erased"):
        return "erased"
    if content.get("body") is None:
        return "left_out"
    if content_hash(bytes.fromhex(content["salt"]), content["body"].encode()).hex() != said["content"]:
        raise Disproved("text", kind)
    return "proven"


def _as_said(receipt: Mapping[str, Any], proof: Mapping[str, Any], found: Proof) -> None:
    """What people read in the receipt is what is proven."""
    texts = [json.loads(event["event"]) for event in proof["events"] if event["head"] is not None]
    first = next((one for one in texts if one["kind"] == "registered"), None)
    if first is None:
        raise Disproved("not_registered")
    data = first["data"]
    for name, same in (
        ("number", all(one["appeal"] == _appeal_id(found.number) for one in texts)),
        ("received_at", _instant(receipt["received_at"]) == _instant(first["at"])),
        ("registered_on", receipt["registered_on"] == data["registered_on"]),
        ("due_on", receipt["due_on"] == data["due_on"]),
        ("channel", receipt["channel"] == data["channel"]),
        ("agency", receipt["agency"]["code"] == data["agency"]),
    ):
        if not same:
            raise Disproved("says", name)
    found.applicant = _applicant(proof["applicant"], data.get("applicant"))


def _appeal_id(number: str) -> int | None:
    try:
        return parse(number).appeal_id
    except NumberError:
        return None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _applicant(told: Mapping[str, Any] | None, committed: str | None) -> str | None:
    if told is None or committed is None:
        return None
    if told.get("erased"):
        return "erased"
    if told.get("body") is None:
        return "left_out"
    said = json.loads(told["body"])
    if applicant_hash(bytes.fromhex(told["salt"]), said).hex() != committed:
        raise Disproved("applicant")
    return "proven"
