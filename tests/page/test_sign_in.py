"""The page of `memos-mcp serve`, behind a sign-in with a token; and what a person sees who is not let in."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.api.process import Running, running
from tests.page.browser import Said, opened
from tests.page.store import Store
from tests.page.visit import Visit


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(
        tmp_path_factory.mktemp("served"), MEMOS_TOKENS="alice-token=alice,bob-token=bob,any-token=*"
    ) as server:
        for user in ("alice", "bob"):
            said = {"messages": [{"role": "user", "content": f"The favourite colour of {user} is green."}]}
            sent = said | {"conversation_id": "colours", "async_mode": False}
            known = {"authorization": f"Bearer {user}-token"}
            answer = httpx.post(f"{server.rest}/add/message", json=sent, headers=known, timeout=60)
            assert answer.json()["code"] == 0, answer.text
        yield server


def test_a_token_shows_its_users_memory_and_nobody_elses(browser: Browser, served: Running) -> None:
    said = Said()
    with opened(browser, said=said) as page:
        page.goto(served.url)
        expect(page.get_by_role("heading", name="Memory")).to_be_visible()
        page.get_by_label("Token").fill("guessed")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("not known")
        Visit(page, said, served.url).check_access()
        said.wrong.clear()

        page.get_by_label("Token").fill("alice-token")
        page.get_by_role("button", name="Sign in").click()
        visit = Visit(page, said, served.url)
        visit.sees("The favourite colour of alice is green.")
        visit.go("conversations/colours")
        visit.sees("The favourite colour of alice is green.")
        assert page.get_by_text("bob").count() == 0
        status = page.evaluate(
            """async (user) => {
                const shown = {"x-memos-page": localStorage.getItem("memos.page_token")};
                return (await fetch(`api/v1/home?user_id=${user}`, {headers: shown})).status;
            }""",
            "bob",
        )
        assert status == 403
        said.wrong.clear()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Token")).to_be_visible()
        assert page.context.cookies() == []


def test_a_token_for_any_user_is_asked_whose(browser: Browser, served: Running) -> None:
    with opened(browser) as page:
        page.goto(served.url)
        page.get_by_label("Token").fill("any-token")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Whose memory").fill("bob")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("The favourite colour of bob is green.").first).to_be_visible()


def test_without_a_link_the_page_says_how_to_get_one(browser: Browser, kept_store: Store) -> None:
    with opened(browser) as page:
        page.goto(kept_store.link().partition("#")[0])
        expect(page.get_by_text("memos-mcp open")).to_be_visible()
        assert page.get_by_text("Tern").count() == 0
