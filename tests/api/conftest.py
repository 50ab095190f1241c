"""One real engine for the tests that need a port."""

from collections.abc import Generator

import pytest

from tests.api.process import Running, running


@pytest.fixture(scope="session")
def engine_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[Running]:
    with running(tmp_path_factory.mktemp("engine")) as started:
        yield started
