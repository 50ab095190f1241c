"""Stores over either kind of ledger."""

from collections import defaultdict

import pytest

from tests.local import stores
from tests.local.servers import Servers

ON_SERVERS = pytest.param("PostgreSQL", marks=pytest.mark.filterwarnings("ignore::ResourceWarning"))
"""Chroma's client leaves sockets to the garbage collector."""


@pytest.fixture(params=["SQLite", ON_SERVERS])
def both_ledgers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `store` open what is in a folder, and then once more have it open a ledger in PostgreSQL for each folder."""
    if request.param == "PostgreSQL":
        servers: Servers = request.getfixturevalue("servers")
        monkeypatch.setattr(stores, "urls", defaultdict(servers.postgres.empty))
        monkeypatch.setattr(stores, "chroma", [servers.chroma])
