"""Services that several tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from served import Served, key_file, lexical_index, serving

from acclimate.serve.settings import ServeSettings


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy encoder alone, without the seconds that the other toys take."""
    import toys

    return toys.tiny_encoder(tmp_path_factory.mktemp("encoder"), toys.toy_texts())


@pytest.fixture(scope="session")
def cross_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy cross-encoder."""
    import toys

    return toys.tiny_cross(tmp_path_factory.mktemp("cross"), toys.toy_texts())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An index of words with a key, by its defaults."""
    folder = tmp_path_factory.mktemp("served")
    settings = ServeSettings(api_key_file=key_file(folder))
    with serving(lexical_index(folder / "index"), settings) as found:
        yield found


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    """A client of it."""
    with served.client() as found:
        yield found
