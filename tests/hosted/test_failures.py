"""Whatever the service does wrong reaches the model as one sentence that says what to do, and nothing secret."""

import logging

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from memos_mcp.backends.hosted import open_hosted
from memos_mcp.core.errors import (
    ConfigurationError,
    Forbidden,
    InvalidRequest,
    MemosError,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from memos_mcp.core.models import GetMessage, SearchMemory
from tests.fakes.cloud import KEY, FakeCloud, envelope
from tests.hosted.opened import AT_ONCE, add, hosted

QUERY = SearchMemory(query="spare key")
HTML = Response("<html><body>Sign in</body></html>", media_type="text/html")


@pytest.fixture
def cloud() -> FakeCloud:
    return FakeCloud()


CODES: list[tuple[int, type[MemosError], str]] = [
    (40000, InvalidRequest, "check the arguments"),
    (40001, NotFound, "check the id"),
    (40002, InvalidRequest, "fill it in"),
    (40003, InvalidRequest, "one entry"),
    (40010, InvalidRequest, "shorten MEMOS_USER_ID"),
    (40011, InvalidRequest, "shorten"),
    (40012, InvalidRequest, "relativity"),
    (40013, TooLarge, "shorten"),
    (40100, Unauthorised, "MEMOS_API_KEY"),
    (40130, Unauthorised, "MEMOS_API_KEY"),
    (40103, Forbidden, "MEMOS_API_KEY"),
    (40132, Unauthorised, "MEMOS_API_KEY"),
    (40300, RateLimited, "wait"),
    (40304, RateLimited, "quota"),
    (40305, TooLarge, "shorten"),
    (40306, Forbidden, "check the id"),
    (40307, NotFound, "get_memory"),
    (40308, NotFound, "nothing is stored"),
    (40309, RateLimited, "wait"),
    (50000, Unavailable, "try again"),
    (50002, MemosError, "say so"),
    (50004, Unavailable, "try again"),
    (50005, Unavailable, "try again"),
    (50131, NotFound, "task_id"),
    (50143, MemosError, "say so"),
    (50144, MemosError, "say so"),
    (50145, MemosError, "say so"),
    (40199, Unauthorised, "MEMOS_API_KEY"),
]


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("code", "error", "words"), CODES, ids=[str(code) for code, *_ in CODES])
async def test_each_code_is_a_sentence(
    cloud: FakeCloud,
    code: int,
    error: type[MemosError],
    words: str,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    cloud.answer_next(*[envelope(code, status=status)] * 3)

    async with hosted(cloud) as backend:
        with pytest.raises(error) as caught:
            await backend.search_memory(QUERY, user_id="u")

    assert words in str(caught.value)
    assert_clean(str(caught.value))
    assert KEY not in caplog.text
    assert "Traceback" not in caplog.text


STATUSES: list[tuple[int, type[MemosError]]] = [
    (301, ConfigurationError),
    (400, InvalidRequest),
    (401, Unauthorised),
    (403, Forbidden),
    (404, ConfigurationError),
    (405, ConfigurationError),
    (408, Unavailable),
    (413, TooLarge),
    (422, InvalidRequest),
    (429, RateLimited),
    (500, Unavailable),
    (502, Unavailable),
    (503, Unavailable),
    (504, Unavailable),
]


@pytest.mark.parametrize(("status", "error"), STATUSES)
async def test_each_status_without_an_envelope_is_a_sentence(
    cloud: FakeCloud, status: int, error: type[MemosError]
) -> None:
    cloud.answer_next(*[Response("<html>gateway</html>", status, media_type="text/html")] * 3)

    async with hosted(cloud) as backend:
        with pytest.raises(error) as caught:
            await backend.search_memory(QUERY, user_id="u")

    assert_clean(str(caught.value))


@pytest.mark.parametrize(
    "answer",
    [
        HTML,
        PlainTextResponse("ok"),
        JSONResponse([]),
        JSONResponse({"status": "fine"}),
        Response("[" * 100_000, media_type="application/json"),
        RedirectResponse("https://elsewhere.example/login?token=1"),
    ],
    ids=["html", "text", "list", "other json", "deep json", "redirect"],
)
async def test_what_is_no_memory_service_is_named_as_a_wrong_base_url(cloud: FakeCloud, answer: Response) -> None:
    cloud.answer_next(answer)

    async with hosted(cloud) as backend:
        with pytest.raises(
            ConfigurationError, match=r"memos.example is not a memory service but .*: check MEMOS_BASE_URL"
        ):
            await backend.search_memory(QUERY, user_id="u")


async def test_an_empty_202_counts_as_taken(cloud: FakeCloud) -> None:
    cloud.answer_next(Response(status_code=202))

    async with hosted(cloud) as backend:
        receipt = await backend.add_message(add("Hello."), user_id="u")

    assert receipt.status == "running"


@pytest.mark.parametrize("broken", ["refused", "lost", "cut", "hung"])
async def test_a_read_is_repeated_until_it_works(cloud: FakeCloud, broken: str) -> None:
    async with hosted(cloud) as backend:
        await backend.add_message(add("The spare key is under the flowerpot."), user_id="u")
        cloud.break_next(broken, broken)  # pyright: ignore[reportArgumentType]
        found = await backend.search_memory(QUERY, user_id="u")

    assert len(found.memory_detail_list) == 1


@pytest.mark.parametrize("broken", ["refused", "lost", "cut", "hung"])
async def test_a_connection_that_stays_broken_is_a_sentence(cloud: FakeCloud, broken: str) -> None:
    async with hosted(cloud) as backend:
        cloud.break_next(*[broken] * 3)  # pyright: ignore[reportArgumentType]
        with pytest.raises(Unavailable, match="memos.example") as caught:
            await backend.search_memory(QUERY, user_id="u")

    assert_clean(str(caught.value))


async def test_busy_is_waited_for_as_long_as_the_service_says(cloud: FakeCloud) -> None:
    cloud.answer_next(envelope(40300, status=429, headers={"retry-after": "0"}))

    async with hosted(cloud) as backend:
        receipt = await backend.add_message(add("Hello."), user_id="u")

    assert receipt.success
    assert cloud.said("u", "c") == [("user", "Hello.")]


async def test_a_wait_that_is_too_long_is_passed_on_to_the_model(cloud: FakeCloud) -> None:
    cloud.answer_next(envelope(40309, status=429, headers={"retry-after": "90"}))

    async with hosted(cloud) as backend:
        with pytest.raises(RateLimited, match="wait 90 seconds") as caught:
            await backend.search_memory(QUERY, user_id="u")

    assert caught.value.retry_after == 90
    assert len(cloud.requests) == 1


@pytest.mark.parametrize("header", ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:00", "-1", "soon", ""])
async def test_an_odd_retry_after_does_no_harm(cloud: FakeCloud, header: str) -> None:
    cloud.answer_next(envelope(40300, headers={"retry-after": header}))

    async with hosted(cloud) as backend:
        assert await backend.search_memory(QUERY, user_id="u")


@pytest.mark.parametrize("code", [40002, 40132, 40304, 50002, 50143, 59999])
async def test_what_cannot_get_better_fails_at_once(cloud: FakeCloud, code: int) -> None:
    cloud.answer_next(*[envelope(code)] * 3)

    async with hosted(cloud) as backend:
        with pytest.raises(MemosError):
            await backend.search_memory(QUERY, user_id="u")

    assert len(cloud.requests) == 1


@pytest.mark.parametrize("broken", ["lost", "cut", "hung"])
async def test_an_add_that_may_have_arrived_is_not_repeated(cloud: FakeCloud, broken: str) -> None:
    cloud.break_next(broken)  # pyright: ignore[reportArgumentType]

    async with hosted(cloud) as backend:
        with pytest.raises(Unavailable):
            await backend.add_message(add("Once only."), user_id="u")

    assert len(cloud.said("u", "c")) == (0 if broken == "lost" else 1)


async def test_an_add_that_cannot_have_arrived_is_repeated(cloud: FakeCloud) -> None:
    cloud.break_next("refused")
    cloud.answer_next(envelope(50004))

    async with hosted(cloud) as backend:
        await backend.add_message(add("Once only."), user_id="u")

    assert cloud.said("u", "c") == [("user", "Once only.")]


@pytest.mark.parametrize(
    ("base_url", "api_key"),
    [
        ("memos.example/api", KEY),
        ("https://memos.example/api?key=secret", KEY),
        ("https://me:secret@memos.example/api", KEY),
        ("https://memos.example/api#secret", KEY),
        ("https://memos.example/api", "key with\nnewline"),
        ("https://memos.example/api", "schlüssel"),
        ("https://memos.example/api", " secret"),
    ],
)
async def test_an_address_or_key_that_cannot_be_used_stops_the_start(base_url: str, api_key: str) -> None:
    with pytest.raises(ConfigurationError, match="start again") as caught:
        async with open_hosted(base_url, api_key, data_dir=None):
            pass

    assert "secret" not in str(caught.value)


async def test_a_port_where_nobody_listens_is_a_sentence() -> None:
    async with open_hosted("http://127.0.0.1:9/api", KEY, data_dir=None, retry=AT_ONCE) as backend:
        with pytest.raises(Unavailable, match="127.0.0.1:9 cannot be reached"):
            await backend.get_message(GetMessage(conversation_id="c"), user_id="u")


def assert_clean(sentence: str) -> None:
    """One line, without key, stack, query or page."""
    assert "\n" not in sentence
    for secret in (KEY, "Traceback", "?", "<html>"):
        assert secret not in sentence
