"""The doctor asks a chat model's endpoint what it has, and says nothing of the user."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from memos_mcp.cli.checks.chat_model import check_chat_model
from memos_mcp.cli.checks.finding import Finding
from memos_mcp.core.errors import ConfigurationError
from memos_mcp.core.settings import read_settings

KEY = "sk-a-secret-that-nobody-may-see"


class Endpoint(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        taken = self.headers["authorization"] == f"Bearer {KEY}"
        known = self.path == "/v1/models"
        self.send_response(200 if taken and known else 404 if taken else 401)
        self.end_headers()
        self.wfile.write(b'{"object": "list", "data": [{"id": "small"}, {"id": "large"}]}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library gives
        """Say nothing."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


def found(url: str, *, model: str = "small", key: str = KEY) -> Finding:
    variables = {
        "MEMOS_EXTRACTOR": "llm",
        "MEMOS_LLM_BASE_URL": url,
        "MEMOS_LLM_MODEL": model,
        "MEMOS_LLM_API_KEY": key,
    }
    (finding,) = check_chat_model(read_settings(variables))
    assert KEY not in str(finding)
    return finding


def test_a_model_that_is_there_is_well(endpoint: str) -> None:
    assert found(f"{endpoint}/v1").level == "ok"


def test_a_model_that_is_not_listed_is_a_warning_that_names_those_that_are(endpoint: str) -> None:
    finding = found(f"{endpoint}/v1/", model="huge")

    assert finding.level == "warning"
    assert "small, large" in finding.mend


def test_an_endpoint_that_lists_no_models_is_taken_at_its_word(endpoint: str) -> None:
    assert found(f"{endpoint}/api").level == "ok"


def test_a_key_that_is_not_accepted_is_wrong(endpoint: str) -> None:
    finding = found(f"{endpoint}/v1", key="another")

    assert finding.level == "wrong"
    assert "MEMOS_LLM_API_KEY" in finding.mend


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "no address", "http://[", "ftp://127.0.0.1"])
def test_an_endpoint_that_cannot_be_reached_is_wrong(url: str) -> None:
    finding = found(url)

    assert finding.level == "wrong"
    assert "MEMOS_LLM_BASE_URL" in finding.mend


def test_a_model_that_nobody_named_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="MEMOS_LLM_MODEL"):
        list(check_chat_model(read_settings({"MEMOS_EXTRACTOR": "llm"})))
