"""The Python API, as docs/python.md shows it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from memos_mcp import AsyncMemory, Memory
from memos_mcp.core.errors import ConfigurationError, InvalidRequest, NotFound

pytestmark = pytest.mark.processes

PAGE = Path(__file__).parents[1] / "docs" / "python.md"


def test_the_sample_of_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (sample,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    exec(compile(sample, str(PAGE), "exec"), {})  # noqa: S102

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "My sister's birthday is on 3 May."
    assert said[1:3] == ["user Which bread should I bake?", "assistant A rye bread with seeds."]
    assert "sister" in said[-1]
    assert (tmp_path / "memories").is_dir()


def test_what_one_memory_keeps_another_finds_later_and_no_other_user_does(tmp_path: Path) -> None:
    with Memory(user_id="ada", data_dir=tmp_path) as memory:
        memory.add("The spare key is under the blue pot.")
        with pytest.raises(ConfigurationError), Memory(user_id="ada", data_dir=tmp_path):
            pass
    with Memory(user_id="ada", data_dir=tmp_path) as memory:
        assert "blue pot" in memory.search("Where is the spare key?").message_detail_list[0].content
    with Memory(user_id="bob", data_dir=tmp_path) as memory:
        assert memory.search("Where is the spare key?").message_detail_list == ()
        with pytest.raises(NotFound):
            memory.messages()
        with pytest.raises(NotFound):
            memory.delete("nothing")
        with pytest.raises(InvalidRequest):
            memory.delete()
    with pytest.raises(InvalidRequest, match="with"):
        memory.get()


async def test_asynchronous_code_has_the_same_memory(tmp_path: Path) -> None:
    async with AsyncMemory(user_id="ada", data_dir=tmp_path) as memory:
        await memory.add({"role": "user", "content": "I play the cello."}, wait=True)
        known = await memory.get()

    assert "cello" in known.memory_detail_list[0].memory_value


def test_importing_the_package_loads_nothing_else() -> None:
    program = "import sys, memos_mcp; print([name for name in sys.modules if name.startswith('memos_mcp.')])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    import memos_mcp

    with pytest.raises(AttributeError, match="Memori"):
        memos_mcp.Memori  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]
