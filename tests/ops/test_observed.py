"""The service over real processes, seen as its operators see it: figures, lines of the log, spans."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from app.core.sharing import PREFIX
from tests.delivery.receivers import Mailbox, free_port, mail_server
from tests.ops.served import Served
from tests.support import WITHOUT_TLS, cloned
from tests.warm import ROOT, Command

# One process sees it all: each that had a part of these tests would start everything for itself.
pytestmark = pytest.mark.xdist_group("observed")

DASHBOARD = ROOT / "docker" / "grafana-dashboard.json"
ADDRESS = "ulgi@example.kz"
SAID = "Үйде үш күннен бері жылу жоқ"
APPEAL = {"kind": "complaint", "language": "kk", "text": SAID, "addressee": "energy"}
OUTSIDE = str(uuid4())
REQUESTS = 20


class Collector:
    """An OTLP receiver: what came, decoded."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        spans = self.spans

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert self.path == "/v1/traces"
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    named = {it.key: it.value.string_value for it in resource.resource.attributes}
                    for scope in resource.scope_spans:
                        spans.extend((named["service.name"], span) for span in scope.spans)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        Thread(target=self.server.serve_forever, daemon=True).start()


@dataclass
class Seen:
    """What was to be seen of one appeal that was filed from outside, of requests, and of the worker."""

    mails: list[str] = field(default_factory=list)
    returned: dict[str, str] = field(default_factory=dict)
    number: str = ""
    web_log: str = ""
    worker_log: str = ""
    metrics: list[str] = field(default_factory=list)
    worker_metrics: str = ""
    spans: list[tuple[str, Span]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(600):
        if await holds():
            return
        await asyncio.sleep(0.2)
    raise TimeoutError


async def _text(url: str) -> str:
    # A connection of its own: another process may take it.
    async with httpx.AsyncClient(verify=WITHOUT_TLS) as client:
        return (await client.get(url)).text


async def _asked(client: httpx.AsyncClient, seen: Seen) -> None:
    headers = {"x-request-id": OUTSIDE}
    appeal = APPEAL | {"applicant": {"name": "Үлгі Сынақбаев", "email": ADDRESS}}
    filed = await client.post("/api/v1/appeals", json=appeal, headers=headers)
    seen.number = filed.json()["number"]
    seen.returned["filed"] = filed.headers["x-request-id"]
    for name, given in (("sane", "a" * 32), ("iin", "850101300123"), ("none", "")):
        answer = await client.get("/healthz", headers={"x-request-id": given})
        seen.returned[name] = answer.headers["x-request-id"]
    await client.get(f"/api/v1/appeals/{seen.number}")
    await client.head("/healthz")
    await client.get("/api/v1/statistics/months")
    await client.get(f"/no/such/place/{seen.number}")


@pytest.fixture(scope="module")
async def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder, found, collector = tmp_path_factory.mktemp("observed"), Seen(), Collector()
    at = f"127.0.0.1:{free_port()}"
    more = {"LS_LOG": "json", "LS_OTLP_URL": collector.url, "LS_WORKERS": "2", "LS_WORKER_METRICS": at}
    more["TMPDIR"] = str(folder)
    more["LS_REPLICA_URL"] = "postgresql://ls_web@/listening_state?host=/nowhere"  # which is away
    async with cloned(f"ls_observed_{os.getpid()}_test") as urls, mail_server(Mailbox()) as mailbox:
        web = Served(urls, folder, LS_SMTP_URL=f"smtp://127.0.0.1:{mailbox.port}", **more)
        try:
            await asyncio.to_thread(web.start)
            async with httpx.AsyncClient(base_url=web.url) as client:
                await _asked(client, found)
            for _ in range(REQUESTS):
                await _text(f"{web.url}/healthz")

            async def told() -> bool:
                return bool(mailbox.messages) and await _up(at)

            worker = Command(("worker",), web.environment, out=folder / "worker.log")
            try:
                await _until(told)
                found.metrics = [await _text(f"{web.url}/metrics") for _ in range(6)]
                found.worker_metrics = await _text(f"http://{at}/metrics")
            finally:
                worker.terminate()
                await asyncio.to_thread(worker.wait, 60)
            os.kill(web.pid, signal.SIGTERM)
            assert web._process is not None
            await asyncio.to_thread(web._process.wait, 60)
        finally:
            web.kill()
        found.web_log = web.said()
        found.left = [path.name for path in folder.glob(f"{PREFIX}*")]
    found.worker_log = (folder / "worker.log").read_text()
    found.mails = mailbox.ids
    found.spans = collector.spans
    return found


async def _up(at: str) -> bool:
    try:
        await _text(f"http://{at}/metrics")
    except httpx.TransportError:
        return False
    return True


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_one_id_leads_from_intake_to_notice(seen: Seen) -> None:
    assert seen.returned["filed"] == OUTSIDE
    filed = [line for line in lines(seen.web_log) if line["request_id"] == OUTSIDE]
    assert [(line["route"], line["status"]) for line in filed] == [("/api/v1/appeals", 201)]
    told = [line["message"] for line in lines(seen.worker_log) if line["request_id"] == OUTSIDE]
    assert len(told) == len(seen.mails) == 1
    assert re.fullmatch(r"delivery \d+ \(email\) attempt 1: delivered .*", told[0])


def test_an_id_from_outside_is_taken_when_nobody_can_stand_in_it(seen: Seen) -> None:
    assert seen.returned["sane"] == "a" * 32
    for made in (seen.returned["iin"], seen.returned["none"]):
        assert re.fullmatch("[0-9a-f]{32}", made)


def test_whichever_web_process_is_asked_answers_for_all(seen: Seen) -> None:
    counted = re.compile(r'^ls_requests_total\{method="GET",route="/healthz",status="200"\} (\S+)$', re.M)
    for text in seen.metrics:
        assert [float(found) for found in counted.findall(text)] == [REQUESTS + 3]
        assert 'ls_requests_total{method="HEAD",route="/healthz",status="200"} 1.0' in text
        assert re.findall(r"^ls_registered_total\{.*", text, re.M) == [
            'ls_registered_total{channel="reception_room"} 1.0'
        ]
    assert len(set(re.findall(r"^ls_pool_size (\S+)$", "\n".join(seen.metrics), re.M))) == 1


def test_every_metric_of_the_dashboard_is_there(seen: Seen) -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    asked = {
        name
        for panel in panels
        for target in panel["targets"]
        for name in re.findall(r"\bls_\w+", target["expr"])
    }
    given = set(re.findall(r"^(ls_\w+)", seen.metrics[0] + seen.worker_metrics, re.M))
    assert len(asked) >= 18
    # A job that never failed has no count of failures: only its head is there.
    given |= set(re.findall(r"^# TYPE (ls_\w+)", seen.metrics[0] + seen.worker_metrics, re.M))
    assert not asked - given


def test_the_folder_of_the_figures_goes_with_the_processes(seen: Seen) -> None:
    assert seen.left == []


def test_the_backlog_is_told_and_the_jobs(seen: Seen) -> None:
    assert "\nls_database_up 1" in seen.metrics[0]
    assert "\nls_outbox_notices 0" in seen.metrics[0]
    done = set(
        re.findall(r'^ls_job_last_success_timestamp_seconds\{job="([^"]+)"\}', seen.worker_metrics, re.M)
    )
    assert {"fan-out", "deliver", "seal", "fold"} <= done


def test_spans_tell_what_was_done_and_to_whom_nothing(seen: Seen) -> None:
    names = {(service, span.name) for service, span in seen.spans}
    assert ("listening-state-web", "POST /api/v1/appeals") in names
    assert ("listening-state-worker", "job fan-out") in names
    request = next(span for _, span in seen.spans if span.name == "POST /api/v1/appeals")
    attributes = {it.key: it.value.string_value for it in request.attributes}
    assert attributes["request.id"] == OUTSIDE
    statements = [span for _, span in seen.spans if span.parent_span_id == request.span_id]
    assert {"INSERT", "WITH"} & {span.name for span in statements}
    assert any(it.key == "db.query.text" for span in statements for it in span.attributes)


def test_nothing_of_a_person_is_in_any_of_it(seen: Seen) -> None:
    spans = "\n".join(str(span) for _, span in seen.spans)
    everything = "\n".join([seen.web_log, seen.worker_log, *seen.metrics, seen.worker_metrics, spans])
    for secret in (ADDRESS, "Сынақбаев", SAID, seen.number, "850101300123"):
        assert secret not in everything
