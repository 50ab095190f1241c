"""What an attacker stores, sends or steals does nothing."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.page.browser import opened
from tests.page.store import Store
from tests.page.visit import Visit


@pytest.mark.parametrize(
    "place", ["home", "search?query=Lund", "memories?conversation_id=odd", "conversations", "conversations/odd"]
)
def test_stored_markup_is_shown_and_not_obeyed(visit: Visit, place: str) -> None:
    visit.go(place)
    visit.sees({"home": "Newest memories", "memories?conversation_id=odd": "القاهرة"}.get(place, "<script>"))
    page = visit.page
    assert page.title() != "owned"
    assert page.locator("#app script, #app b, #app img[src='x'], #app [onerror]").count() == 0
    assert page.locator("a[href*='javascript' i]").count() == 0


def test_marks_that_turn_text_around_are_shown(visit: Visit) -> None:
    visit.go("conversations/odd")
    odd = visit.page.locator(".content").filter(has_text="password hint")
    expect(odd).to_contain_text("U+202Etxet desrever")
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", odd.inner_text())


def test_the_browser_itself_refuses_markup_and_foreign_addresses(visit: Visit) -> None:
    refused = """async () => {
        const tried = [];
        try { document.body.innerHTML += "<b>x</b>"; tried.push("innerHTML"); } catch { }
        try { document.createElement("script").src = "https://example.org/x.js"; tried.push("script"); } catch { }
        await fetch("https://example.org/").then(() => tried.push("fetch"), () => 0);
        return tried;
    }"""
    assert visit.page.evaluate(refused) == []
    assert any("Content Security Policy" in wrong for wrong in visit.said.wrong)
    visit.said.wrong.clear()
    visit.said.asked.clear()


def test_a_link_opens_one_browser_and_the_next_is_told(browser: Browser, kept_store: Store) -> None:
    link = kept_store.link()
    with opened(browser) as first, opened(browser) as thief:
        first.goto(link)
        expect(first.get_by_role("heading", name="Home")).to_be_visible()
        thief.goto(link)
        expect(thief.get_by_role("alert")).to_contain_text("used already")
        assert thief.context.cookies() == []
        first.reload()
        expect(first.get_by_role("heading", name="Home")).to_be_visible()


def test_the_cookie_is_out_of_reach_of_scripts_and_useless_alone(visit: Visit) -> None:
    (cookie,) = visit.page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite")) == (True, "Strict")
    assert visit.page.evaluate("document.cookie") == ""
    assert visit.page.evaluate("fetch('api/v1/home').then((answer) => answer.status)") == 401
    assert visit.page.request.get(f"{visit.url}/api/v1/home").status == 401
    visit.said.wrong.clear()


def test_a_foreign_page_can_neither_read_nor_write(visit: Visit) -> None:
    """Another server of this machine gets the cookie from the browser, as all ports share it."""
    foreign = visit.page.context.new_page()
    evil = "<!doctype html><title>evil</title>"
    foreign.route("http://127.0.0.1:1/**", lambda route: route.fulfill(body=evil, content_type="text/html"))
    foreign.goto("http://127.0.0.1:1/")
    tried = """async ([url, body]) => {
        const answers = [];
        const plain = {method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"}, body};
        for (const [path, how] of [
            ["/api/v1/home", {}], ["/sign-in", {}],
            ["/api/v1/forget", {method: "POST", body}], ["/api/v1/forget", plain],
        ]) {
            const sent = fetch(url + path, {credentials: "include", ...how});
            answers.push(await sent.then((answer) => answer.type, () => "refused"));
        }
        return answers;
    }"""
    answers = foreign.evaluate(tried, [visit.url, '{"text": "hazelnuts"}'])
    foreign.close()
    assert answers[:3] == ["refused"] * 3
    assert answers[3] in ("refused", "opaque")
    visit.go("memories?text=hazelnuts")
    visit.sees("hazelnuts")


def test_another_name_for_this_machine_is_refused(visit: Visit) -> None:
    answer = visit.page.request.get(visit.url, headers={"host": "rebound.example"})
    assert answer.status == 421
