"""Settings of the service refuse what makes no sense."""

from __future__ import annotations

import math

import pytest

from acclimate.errors import UsageError
from acclimate.serve.settings import Batching, Concurrency, Limits, ServeSettings


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be(port: int) -> None:
    with pytest.raises(UsageError, match=f"port {port}; choose one from 1 to 65535"):
        ServeSettings(port=port)


def test_protected_reading_needs_keys() -> None:
    with pytest.raises(UsageError, match="name a file of keys"):
        ServeSettings(protect_reads=True)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf])
def test_limits_are_above_zero(value: float) -> None:
    with pytest.raises(UsageError, match=r"body_seconds is .*; it must be above 0"):
        Limits(body_seconds=value)
    with pytest.raises(UsageError, match="timeout is"):
        Batching(timeout=value)
    with pytest.raises(UsageError, match="waiting_seconds is"):
        Concurrency(waiting_seconds=value)
    with pytest.raises(UsageError, match="grace_seconds is"):
        ServeSettings(grace_seconds=value)


def test_zero_means_none_where_that_makes_sense() -> None:
    assert Concurrency(per_client=0).per_client == 0
    assert ServeSettings(drain_seconds=0).drain_seconds == 0
    with pytest.raises(UsageError, match="per_client is -1; it must be 0 or more"):
        Concurrency(per_client=-1)
