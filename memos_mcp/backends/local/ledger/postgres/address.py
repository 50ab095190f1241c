"""The address of a database: what it says is looked at before anything is connected, and what answers there after."""

import os

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from memos_mcp.backends.local.ledger.postgres.error_messages import NO_ADDRESS, refusal
from memos_mcp.core.errors import ConfigurationError

PATIENCE = 5
"""Seconds for a connection."""

_PORTS = 65_536


def connection_info(url: str) -> str:
    """Return the address as psycopg takes it.

    Raises:
        ConfigurationError: it is none, or names no database.
    """
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as exc:
        raise ConfigurationError(NO_ADDRESS) from exc
    ports = str(parts.get("port", "")).split(",")
    # a character in the password that ends it would show the rest of it as a host or a port
    if "@" in str(parts.get("host", "")) or not all(
        not port or (port.isdecimal() and int(port) < _PORTS) for port in ports
    ):
        raise ConfigurationError(NO_ADDRESS)
    if not {"dbname", "service"}.intersection(parts) and not os.environ.get("PGDATABASE"):
        raise ConfigurationError(
            "MEMOS_LEDGER_URL names no database: write postgresql://USER:PASSWORD@HOST:5432/DATABASE."
        )
    primary = {} if "target_session_attrs" in parts else {"target_session_attrs": "read-write"}
    return make_conninfo(url, connect_timeout=PATIENCE, application_name="memos-mcp", client_encoding="utf8", **primary)


def check_answering(conninfo: str) -> None:
    """Connect once.

    Raises:
        ConfigurationError: the database refuses the address, or keeps no Unicode.
        Unavailable: it cannot be reached.
    """
    try:
        with psycopg.connect(conninfo) as connection:
            encoding = connection.info.parameter_status("server_encoding")
    except psycopg.Error as exc:
        raise refusal(exc) from exc
    if encoding != "UTF8":
        raise ConfigurationError(
            f"The database of MEMOS_LEDGER_URL has the encoding {encoding}, which does not keep every text: make one "
            "with createdb --encoding=UTF8 --template=template0."
        )
