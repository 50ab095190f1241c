"""One browser for all tests of what is seen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.page.browser import DESK, PATIENCE, PHONE, launch
from tests.page.store import Store, kept
from tests.page.visit import Visit, visiting


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="package")
def kept_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with kept(tmp_path_factory.mktemp("kept")) as store:
        yield store


@pytest.fixture(scope="package")
def desk(browser: Browser, kept_store: Store) -> Iterator[Visit]:
    with visiting(browser, kept_store, DESK) as visit:
        yield visit


@pytest.fixture(scope="package")
def phone(browser: Browser, kept_store: Store) -> Iterator[Visit]:
    with visiting(browser, kept_store, PHONE) as visit:
        yield visit


@pytest.fixture(scope="module")
def own_store(request: pytest.FixtureRequest, kept_store: Store) -> Iterator[Store]:
    """The store as a user of one module alone, for tests that change much."""
    with kept_store.of(request.module.__name__) as store:
        yield store


@pytest.fixture(scope="module")
def own_desk(browser: Browser, own_store: Store) -> Iterator[Visit]:
    with visiting(browser, own_store, DESK) as visit:
        yield visit


@pytest.fixture(scope="module")
def own_phone(browser: Browser, own_store: Store) -> Iterator[Visit]:
    with visiting(browser, own_store, PHONE) as visit:
        yield visit


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visit in the light at a desk, or as the test's parameter says; it must have gone without a complaint."""
    found: Visit = request.getfixturevalue(getattr(request, "param", "desk"))
    found.said.wrong.clear()
    yield found
    found.check_said()
