"""The settings of the machine, in a real browser."""

import json

import pytest
from playwright.sync_api import expect

from tests.page.store import Store
from tests.page.visit import Visit


@pytest.mark.parametrize("visit", ["desk", "phone"], indirect=True)
def test_settings_say_where_they_come_from_and_connect_a_host(visit: Visit, kept_store: Store) -> None:
    written = kept_store.folder.parent / f"{kept_store.folder.name}-home" / ".cursor" / "mcp.json"
    written.unlink(missing_ok=True)
    visit.go("settings", "Settings")
    expect(visit.page.get_by_role("row").filter(has_text="MEMOS_DATA_DIR")).to_contain_text("environment")
    visit.check_access()
    cursor = visit.page.get_by_role("listitem").filter(has_text="Cursor")
    expect(cursor).to_contain_text("Does not have it yet")
    visit.press("Connect", within=cursor)
    expect(visit.dialog).to_contain_text('+    "memos": {')
    shown = [line[1:] for line in visit.dialog.locator(".line-added").all_inner_texts() if not line.startswith("+++")]
    visit.check_access()
    visit.press("Cancel", within=visit.dialog)
    assert not written.exists()
    visit.press("Connect", within=cursor)
    visit.press("Connect", within=visit.dialog)
    expect(cursor).to_contain_text("Has this memory")  # what the host will start is tried first
    expect(cursor.get_by_role("status")).to_contain_text("Done.")
    assert "".join(shown).split() == written.read_text(encoding="utf-8").split()
    entry = json.loads(written.read_text(encoding="utf-8"))["mcpServers"]["memos"]
    assert "memos-mcp" in entry["command"]
    assert entry["env"] == {"MEMOS_DATA_DIR": str(kept_store.folder)}
