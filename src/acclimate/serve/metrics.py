"""What Prometheus may ask for. Each service has its own registry, so that two can live together."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """Counts of what the service does."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "acclimate_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "acclimate_request_seconds",
            "Seconds from a request's head to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._rejected = Counter(
            "acclimate_rejected",
            "Requests refused because too much was under way.",
            ("route",),
            registry=self._registry,
        )
        self._batches = Histogram(
            "acclimate_batch_items",
            "Items that went through a model, or into a commit, together.",
            ("batcher",),
            buckets=_SIZES,
            registry=self._registry,
        )
        self._waiting = Gauge(
            "acclimate_queue_items", "Items that wait.", ("queue",), registry=self._registry
        )
        self._under_way = Gauge(
            "acclimate_requests_under_way", "Requests begun and not ended.", registry=self._registry
        )

    def begin(self) -> None:
        """A request has come."""
        self._under_way.inc()

    def end(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request is answered, or its client gone."""
        self._under_way.dec()
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        if status in (429, 503):
            self._rejected.labels(route).inc()

    def batch(self, batcher: str, size: int) -> None:
        """A batch begins."""
        self._batches.labels(batcher).observe(size)

    def queue(self, name: str, waiting: Callable[[], float]) -> None:
        """Ask this function for the length of a queue."""
        self._waiting.labels(name).set_function(waiting)

    def gauge(self, name: str, help_text: str, value: Callable[[], float]) -> None:
        """Ask this function for a value of the service."""
        Gauge(name, help_text, registry=self._registry).set_function(value)

    def text(self) -> bytes:
        """Everything, in Prometheus' text form."""
        return generate_latest(self._registry)
