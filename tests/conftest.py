"""What every test needs before anything is imported."""

import os

import pytest
from hypothesis import settings

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

settings.register_profile("any machine", deadline=None)  # how long an example takes says what else the machine does
settings.load_profile("any machine")

STARTS_PROCESSES = {
    "conformance",
    "engine",
    "operations",
    "page",
    "test_bad_input",
    "test_benchmarks",
    "test_chroma_server",
    "test_crashes",
    "test_embedders",
    "test_main_job",
    "test_real_model",
    "test_serve",
    "test_stdio",
    "test_transports",
    "test_upkeep",
    "test_v1_client",
    "test_vendor_sdk",
}
"""Folders and modules of tests that the inner loop, `.ci/run --fast`, leaves out."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if STARTS_PROCESSES.intersection((item.path.parent.name, item.path.stem)):
            item.add_marker("processes")
