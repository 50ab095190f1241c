"""docs/api.md says of every field of every route what is done with it, as the models do it."""

import pytest
from starlette.routing import Route

from memos_mcp.api.app import build_app
from memos_mcp.api.contract.base_body import NOTHING_LOST
from memos_mcp.api.contract.endpoint import PREFIX
from memos_mcp.api.contract.not_found import REFUSED
from tests.api.api_table import BODIES, PATH, fields_of_the_cloud, text
from tests.fakes.memory_backend import ListBackend


def test_the_table_is_that_of_the_models() -> None:
    assert PATH.read_text(encoding="utf-8") == text(), "run `python -m tests.api.api_table`"


def test_every_route_is_in_the_table() -> None:
    app = build_app(ListBackend(), user_id="u", means=object(), library=object())  # type: ignore[arg-type]
    served = {
        route.path.removeprefix(f"{PREFIX}/")
        for route in app.routes
        if isinstance(route, Route) and route.path.startswith(PREFIX) and route.methods == {"POST"}
    }

    assert served == {*BODIES, *REFUSED}


@pytest.mark.parametrize("name", fields_of_the_cloud())
def test_no_field_of_the_contract_is_unknown_here(name: str) -> None:
    model = BODIES[name]

    assert fields_of_the_cloud()[name] <= {*model.model_fields, *model.without_effect, *NOTHING_LOST}
