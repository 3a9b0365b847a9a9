"""OpenTelemetry, when `LS_OTLP_URL` is set: spans of requests, of statements without parameters, of jobs.

Nothing of it is imported otherwise; its packages are the extra `tracing`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from asyncpg.connection import LoggedQuery

from app.core import clock


class TracingMissing(Exception):
    """LS_OTLP_URL is set and the packages for it are not installed."""


class Span:
    """One that nobody looks at."""

    def answered(self, route: str, status: int, request_id: str) -> None:
        """The route's template and what was answered."""


class _Real(Span):
    def __init__(self, span: Any, method: str) -> None:
        self._span, self._method = span, method

    def answered(self, route: str, status: int, request_id: str) -> None:
        self._span.update_name(f"{self._method} {route}")
        self._span.set_attributes(
            {
                "http.request.method": self._method,
                "http.route": route,
                "http.response.status_code": status,
                "request.id": request_id,
            }
        )


class _Tracing:
    """OpenTelemetry's, once it is set up."""

    provider: ClassVar[Any] = None
    tracer: ClassVar[Any] = None


_NOBODY = Span()


def setup(url: str, process: str) -> None:
    """Send spans to this collector by OTLP over HTTP; empty: do nothing. `process`: web or worker.

    The SDK's own variables (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS, …) hold as everywhere. No span
    has events: the words of an error may hold what somebody wrote.
    """
    if not url or on():
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import SpanLimits, TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingMissing("LS_OTLP_URL needs the packages of the extra 'tracing'") from error
    named = Resource.create({"service.name": f"listening-state-{process}"})
    _Tracing.provider = TracerProvider(resource=named, span_limits=SpanLimits(max_events=0))
    exporter = OTLPSpanExporter(f"{url.rstrip('/')}/v1/traces")
    _Tracing.provider.add_span_processor(BatchSpanProcessor(exporter))
    _Tracing.tracer = _Tracing.provider.get_tracer("listening_state")


def on() -> bool:
    return _Tracing.tracer is not None


def end() -> None:
    """Send what is left."""
    if on():
        _Tracing.provider.shutdown()
        _Tracing.provider = _Tracing.tracer = None


def statement(run: LoggedQuery) -> None:
    """A span of what was asked of the database, after it was; for `Connection.add_query_logger`.

    The library's own instrumentation would tell the server's words about an error, which name values.
    """
    from opentelemetry.trace import SpanKind, Status, StatusCode

    ended = int(clock.now().timestamp() * 1e9)
    word = run.query.split(maxsplit=1)[0].upper()
    text = word if word == "BEGIN" else run.query  # a BEGIN says whose request it is (app.core.sight)
    span = _Tracing.tracer.start_span(
        word,
        kind=SpanKind.CLIENT,
        start_time=ended - int(run.elapsed * 1e9),
        attributes={"db.system.name": "postgresql", "db.query.text": text},
    )
    if run.exception is not None:
        span.set_attribute("error.type", type(run.exception).__name__)
        span.set_status(Status(StatusCode.ERROR))
    span.end(ended)


@contextmanager
def request(method: str, headers: Mapping[bytes, bytes]) -> Iterator[Span]:
    """The span of a request, under the caller's if it names one (`traceparent`)."""
    if not on():
        yield _NOBODY
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract(
        {"traceparent": headers.get(b"traceparent", b"").decode("latin-1")}
    )
    with _Tracing.tracer.start_as_current_span(
        method, context=parent, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
    ) as span:
        yield _Real(span, method)


@contextmanager
def job(name: str) -> Iterator[None]:
    """The span of one round of a worker's job. What it raises is named by its kind, without its words."""
    if not on():
        yield
        return
    with _Tracing.tracer.start_as_current_span(
        f"job {name}", record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            raise
