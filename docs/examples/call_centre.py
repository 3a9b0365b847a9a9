"""A call centre's end of the line, with nothing but Python: it may be killed at any time, and so may we.

    python call_centre.py send tickets.ndjson   # a ticket a line, with its external_id and received_at
    python call_centre.py follow                # every change of a ticket as a line; Ctrl-C ends it

LS_URL (https://…) and LS_API_KEY say where and who. Started again, both go on where they were.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from pathlib import Path

SIZE = int(os.environ.get("BATCH", "200"))


def ask(method, path, body=None, media="application/json"):
    """Ask until there is an answer. Whatever is sent twice is registered once."""
    headers = {"X-API-Key": os.environ["LS_API_KEY"], "Content-Type": media}
    pause = 1.0
    while True:
        request = urllib.request.Request(os.environ["LS_URL"] + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:  # 429 and 5xx: later. All else is a mistake of ours
            if error.code != 429 and error.code < 500:
                sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")
            pause = max(pause, float(error.headers.get("Retry-After", 0)))
        except (OSError, ValueError, http.client.HTTPException):  # no connection, or cut off in the middle
            pass
        time.sleep(pause)
        pause = min(pause * 2, 60)


def send(file):
    """Send what has no result yet, a batch at a time; then compare both books, day by day."""
    tickets = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    results = file.with_suffix(".results")
    known = results.read_text(encoding="utf-8").splitlines(keepends=True) if results.exists() else []
    done = {json.loads(line)["external_id"] for line in known if line.endswith("\n")}  # the last may be cut
    todo = [ticket for ticket in tickets if ticket["external_id"] not in done]
    with results.open("w", encoding="utf-8") as out:
        out.writelines(line for line in known if line.endswith("\n"))
        while todo:
            lines = "\n".join(json.dumps(ticket, ensure_ascii=False) for ticket in todo[:SIZE])
            answer = ask("POST", "/api/v1/tickets/batch", lines.encode(), "application/x-ndjson")
            again = [r["index"] for r in answer["results"] if r.get("problem", {}).get("status", 0) >= 500]
            out.writelines(json.dumps(r) + "\n" for r in answer["results"] if r["index"] not in again)
            out.flush()
            todo = todo[SIZE:] + [todo[index] for index in again]
            print(answer["accepted"], "new,", answer["duplicates"], "known,", answer["rejected"], "rejected")
    days = defaultdict(list)
    for ticket in tickets:
        days[ticket["received_at"][:10]].append(ticket["external_id"])  # written in Kazakhstan's time
    for day, ids in sorted(days.items()):
        body = json.dumps({"count": len(ids), "external_ids": ids}).encode()
        found = ask("PUT", f"/api/v1/reconciliation/{day}", body)
        print(day, "clean" if found["clean"] else json.dumps(found, ensure_ascii=False))


def follow(place=Path("call_centre.cursor")):
    """Print changes for ever; the place is kept after what it stands for was printed."""
    while True:
        query = f"?cursor={place.read_text()}" if place.exists() else ""
        page = ask("GET", f"/api/v1/tickets{query}")
        for item in page["items"]:
            print(json.dumps(item, ensure_ascii=False), flush=True)
        place.with_suffix(".new").write_text(page["next_cursor"])
        place.with_suffix(".new").replace(place)
        if not page["more"]:
            time.sleep(float(os.environ.get("PAUSE", "30")))


if __name__ == "__main__":
    send(Path(sys.argv[2])) if sys.argv[1] == "send" else follow()
