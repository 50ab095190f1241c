"""Looking at what is kept, in a real browser: every view, at a desk in the light and on a phone in the dark."""

import re

import pytest
from playwright.sync_api import expect

from tests.page.browser import DESK
from tests.page.store import HOST, Store
from tests.page.visit import Visit

LOOKS = pytest.mark.parametrize("visit", ["desk", "phone"], indirect=True)


@LOOKS
def test_home_says_what_is_known(visit: Visit) -> None:
    page = visit.page
    visit.go("home", "Home")
    visit.sees("I prefer short answers without lists.")
    expect(page.get_by_role("link", name=re.compile(r"^[\d,]+ messages$"))).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("^Messages and memories from"))).to_be_visible()
    visit.sees(f"{HOST} 2")
    expect(page.locator(".well").first).to_be_visible()
    assert "open=" not in page.url
    visit.check_access()


@LOOKS
def test_a_search_shows_hits_as_one_types_and_why(visit: Visit) -> None:
    page = visit.page
    visit.go("search", "Search")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("Where is the boat kept")
    first = page.get_by_role("listitem").first
    expect(first).to_contain_text("harbour of Flensburg")
    expect(first).to_contain_text("% relevant")
    assert float(first.get_by_role("meter", name="words").get_attribute("aria-valuenow") or 0) > 0
    visit.check_access()

    page.get_by_text("Filters").click()
    page.get_by_label("Kind").select_option(label="Messages")
    expect(page.locator(".hit .chip-memory")).to_have_count(0)
    expect(page.locator(".hit .chip-message").first).to_be_visible()
    page.get_by_label("From").fill("2026-04-01")
    expect(page.get_by_text("harbour of Flensburg")).to_have_count(0)
    page.get_by_label("From").fill("")
    page.get_by_label("Conversation").fill("kitchen")
    expect(page.get_by_text("harbour of Flensburg")).to_have_count(0)
    page.get_by_label("Conversation").fill("")
    expect(first).to_contain_text("harbour of Flensburg")

    visit.press("What would the agent read?")
    expect(page.locator(".agent")).to_contain_text("harbour of Flensburg")
    visit.check_access()
    page.reload()
    expect(page.get_by_role("searchbox").first).to_have_value("Where is the boat kept")


@LOOKS
def test_memories_are_a_table_to_filter_and_sort(visit: Visit) -> None:
    page = visit.page
    visit.go("memories", "Memories")
    rows = page.locator("tbody tr")
    expect(rows.nth(5)).to_be_visible()
    visit.check_access()
    page.get_by_role("button", name="Changed").click()
    expect(page.locator("th[aria-sort='ascending']")).to_have_count(1)
    page.get_by_label("Filter by words").fill("hazelnuts")
    expect(rows.filter(has_not_text="hazelnuts")).to_have_count(0)
    page.get_by_label("Filter by words").fill("")
    page.get_by_label("Kind").select_option(label="Preferences")
    expect(rows.filter(has_text="short answers")).to_have_count(1)
    expect(rows.filter(has_text="harbour of Flensburg")).to_have_count(0)
    page.get_by_label("State").select_option(label="Archived")
    visit.sees("No memory fits.")


@LOOKS
def test_memories_are_sorted_by_their_text(visit: Visit) -> None:
    rows = visit.page.locator("tbody tr .column-value")
    visit.go("memories", "Memories")
    expect(rows.nth(5)).to_be_visible()
    listed = dict[str, list[str]]()
    for order, shown in (("asc", "ascending"), ("desc", "descending")):
        with visit.page.expect_response(lambda answer, order=order: f"sort=value&order={order}" in answer.url) as told:
            visit.press("What is known")
        listed[order] = [memory["value"] for memory in told.value.json()["memories"]]
        expect(rows.first).to_contain_text(listed[order][0])
        expect(visit.page.get_by_role("columnheader", name="What is known")).to_have_attribute("aria-sort", shown)
        assert rows.count() == len(listed[order])
        assert listed[order] == sorted(listed[order], key=str.lower, reverse=order == "desc")
    assert listed["asc"][0] != listed["desc"][0]


@LOOKS
def test_a_tag_narrows_a_search_and_the_list(visit: Visit) -> None:
    page, hits = visit.page, visit.page.locator(".hit")
    visit.go("search?query=boat", "Search")
    expect(hits.filter(has_text="called Tern").first).to_be_visible()
    page.get_by_text("Filters").click()
    page.get_by_label("Tag").fill("harbour")
    expect(hits.filter(has_not_text="harbour of Flensburg")).to_have_count(0)
    expect(hits.first).to_contain_text("harbour of Flensburg")
    page.get_by_label("Tag").fill("no such tag")
    visit.sees("Nothing that bears on this.")

    rows = page.locator("tbody tr")
    visit.go("memories?text=harbour", "Memories")
    if visit.page.viewport_size == DESK[0]:  # a phone has no column of tags
        rows.first.get_by_role("button", name="harbour", exact=True).click()
    else:
        page.get_by_label("Tag").fill("harbour")
    expect(page.get_by_label("Tag")).to_have_value("harbour")
    page.get_by_label("Filter by words").fill("")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("harbour of Flensburg")


def test_a_long_list_is_paged_by_the_server(visit: Visit, kept_store: Store) -> None:
    rows = visit.page.locator(".conversations li")
    for number in range(60):
        kept_store.tell(f"shelf-{number}", ("assistant", f"Shelf {number} holds old atlases."), settle=False)
    visit.go("conversations", "Conversations")
    with visit.page.expect_response(lambda response: "text=atlases" in response.url):
        visit.page.get_by_label("Find a conversation").fill("atlases")
    expect(rows.filter(has_text="atlases")).to_have_count(50)
    visit.press("Next")
    expect(rows).to_have_count(10)
    expect(visit.page.get_by_role("button", name="Next")).to_be_disabled()
    visit.press("Previous")
    expect(rows).to_have_count(50)


def test_a_memory_shows_the_month_and_not_a_day_where_a_month_was_said(visit: Visit) -> None:
    visit.go("memories?text=Jonas", "Memories")
    visit.page.get_by_role("link", name=re.compile("Jonas")).first.click()
    expect(visit.page.locator(".facts div").filter(has_text="Speaks of").get_by_role("time")).to_have_text("April 2026")


@LOOKS
def test_a_memory_leads_to_where_it_was_said(visit: Visit) -> None:
    page = visit.page
    visit.go("memories?text=rye+bread", "Memories")
    page.get_by_role("link", name=re.compile("rye bread")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("rye bread")
    visit.sees("Where it comes from")
    visit.check_access()
    page.get_by_role("link", name="See it in the conversation").first.click()
    aim = page.locator(".chat .aim")
    expect(aim).to_contain_text("rye bread")
    expect(aim).to_be_in_viewport()
    visit.check_access()


@LOOKS
def test_a_conversation_is_read_as_a_chat(visit: Visit) -> None:
    page = visit.page
    visit.go("conversations", "Conversations")
    page.get_by_label("Find a conversation").fill("harbour")
    expect(page.locator(".conversations li")).to_have_count(1)
    visit.check_access()
    page.locator(".conversations a").first.click()
    visit.sees("Monday")
    expect(page.locator(".chat li")).to_have_count(7)
    page.get_by_label("Search inside").fill("harbour")
    expect(page.locator(".chat li")).to_have_count(1)
    page.get_by_label("Search inside").fill("")
    expect(page.locator(".chat li")).to_have_count(7)
    page.get_by_label("Go to date").fill("2026-05-01")
    visit.press("Go")
    expect(page.locator(".chat li").last).to_contain_text("See you on the water.")


def test_the_keyboard_is_enough(visit: Visit) -> None:
    page = visit.page
    visit.go("home", "Home")
    page.reload()
    visit.sees("Newest memories")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("hazelnuts")
    expect(page.get_by_role("listitem").first).to_contain_text("hazelnuts")


def test_what_a_host_stores_appears_without_reloading(visit: Visit, kept_store: Store) -> None:
    visit.go("home", "Home")
    expect(visit.page.get_by_text("Live", exact=True)).to_be_visible()
    kept_store.tell("later", ("user", "My new bicycle is painted turquoise."))
    visit.sees("My new bicycle is painted turquoise.")


def test_text_runs_in_its_own_direction(visit: Visit) -> None:
    visit.go("conversations/odd")
    arabic = visit.page.locator(".content").filter(has_text="القاهرة")
    expect(arabic).to_have_css("direction", "rtl")
    expect(visit.page.locator(".content").filter(has_text="我住在上海")).to_have_css("direction", "ltr")
