"""The description of the contract, and a server that is held to it by requests made from it."""

from collections.abc import Iterator

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from memos_mcp.api.contract.openapi import describe
from tests.api.api_table import ENDPOINTS
from tests.api.process import Running, running

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)

schema = schemathesis.openapi.from_dict(describe(ENDPOINTS)).exclude(path_regex="/chat$")  # it needs a chat model
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("described")) as started:
        yield started


def test_a_server_gives_the_description(server: Running) -> None:
    assert httpx.get(f"{server.rest}/openapi.json").json() == describe(ENDPOINTS)


@schema.parametrize()
@BOUNDED
def test_every_answer_is_as_described(case: schemathesis.Case, server: Running) -> None:
    answer = case.call(base_url=server.url, timeout=60)

    case.validate_response(answer, checks=CHECKS)
