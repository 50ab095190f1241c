"""The thread that works in the background goes on, whatever fails in it."""

import threading

import pytest

from memos_mcp.backends.local import worker
from memos_mcp.core.errors import Unavailable


@pytest.mark.parametrize("failure", [Unavailable("The database went away."), ValueError("a fault")])
@pytest.mark.parametrize("in_step", [True, False])
def test_it_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch, failure: Exception, in_step: bool) -> None:
    monkeypatch.setattr(worker, "PAUSE_AFTER_FAILURE", 0)
    failures, went_on = [failure], threading.Event()

    def fail_once() -> None:
        if failures:
            raise failures.pop()
        went_on.set()

    def step() -> bool:
        if in_step:
            fail_once()
        return False

    def sleep() -> float:
        if not in_step:
            fail_once()
        return 0.01

    working = worker.Worker("test", step, sleep=sleep)
    working.start()

    assert went_on.wait(60)
    working.stop()
