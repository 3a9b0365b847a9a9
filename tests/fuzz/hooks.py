"""Loaded by schemathesis: who sends each request. Mostly somebody who gets through there; every eighth time
anybody else. It follows from the request and the seed alone, so that the same request has the same sender."""

import json
import os
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import schemathesis

from app.core import cipher
from app.core.cipher import Cipher
from app.staff import tokens
from tests.support import SECRET

WORLD: dict[str, Any] = json.loads(Path(os.environ["LS_FUZZ_WORLD"]).read_text(encoding="utf-8"))
CODES, CLIENTS, STAFF = WORLD["codes"], WORLD["clients"], WORLD["staff"]
ANYBODY = ["nobody", "applicant", *CLIENTS, *STAFF]
cipher.use(Cipher([SECRET]))


def caller(case: Any) -> str:
    said = repr((case.method, case.path, case.path_parameters, case.query, case.body, WORLD["seed"]))
    drawn = zlib.crc32(said.encode("utf-8", "replace"))
    through = WORLD["callers"].get(f"{case.method.upper()} {case.path}", ANYBODY)
    among = ANYBODY if drawn % 8 == 0 else through
    return str(among[drawn // 8 % len(among)])


@schemathesis.auth(refresh_interval=None)
class Somebody:
    def get(self, case: Any, context: Any) -> dict[str, str]:
        who = caller(case)
        if who == "applicant":
            number = str((case.path_parameters or {}).get("number", ""))
            return {"X-Access-Code": CODES.get(number) or next(iter(CODES.values()))}
        if who in CLIENTS:
            return {"X-API-Key": CLIENTS[who]}
        if who in STAFF:
            account, family = STAFF[who]
            return {"Authorization": f"Bearer {tokens.issue(account, UUID(family))}"}
        return {}

    def set(self, case: Any, data: dict[str, str], context: Any) -> None:
        case.headers.update(data)


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """`?on=` is what a form sends for a field that was left empty: as good as left out."""
    return "" not in dict(case.query or {}).values()
