"""What the evaluation by the contract alone counts."""

import json
from pathlib import Path

import httpx
import pytest

from benchmarks.common.sample import Question, Sample, Turn
from benchmarks.quality.memos_eval import Contract, answered, found_in, load, measure, report, weighty

TURNS = (
    Turn("t1", "user", "The spare key is under the blue flowerpot.", "c", "2025-06-10 09:30:00"),
    Turn("t2", "assistant", "Noted.", "c", "2025-06-10 09:30:00"),
    Turn("t3", "user", "Our dog is called Bruno.", "c", "2025-06-11 09:30:00"),
)
SAMPLE = Sample("ana", TURNS, (Question("Where is the key?", "blue flowerpot", "home", "en", frozenset({"t1"})),))


@pytest.mark.parametrize(
    ("read", "found"),
    [
        (["[user perspective] The spare key is under the flowerpot."], 1.0),
        (["A flowerpot."], 0.0),
        (["spare", "under", "flowerpot"], 0.0),
        ([], 0.0),
    ],
)
def test_evidence_is_found_in_one_text_of_much_the_same_words(read: list[str], found: float) -> None:
    assert found_in(weighty(TURNS[0].content), [weighty(text) for text in read]) == found


def test_an_answer_is_read_where_all_its_words_are() -> None:
    assert answered("blue flowerpot", ["A flowerpot.", "It is blue."]) == 1.0
    assert answered("red flowerpot in 2023", ["A red flowerpot."]) == 0.0
    assert answered("蓝色花盆", ["钥匙在蓝色的花盆下面"]) == 1.0
    assert answered("so", ["so"]) is None


@pytest.mark.parametrize(("path", "success"), [("/api/openmem/v1/", 0), ("/product/", 200)])
def test_both_contracts_are_spoken_and_summed_up_alike(path: str, success: int) -> None:
    calls: list[tuple[str, dict[str, object]]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        calls.append((request.url.path.removeprefix(path), json.loads(request.content)))
        hit = {"id": "1", "memory": TURNS[0].content, "memory_value": TURNS[0].content, "metadata": {}}
        data = {"memory_detail_list": [hit], "text_mem": [{"memories": [hit]}]}
        return httpx.Response(200, json={"code": success, "message": "ok", "data": data})

    with httpx.Client(base_url=f"http://memos.example{path}", transport=httpx.MockTransport(serve)) as http:
        contract = Contract(http, own_server=success == 200)
        sums = report(measure(contract, [SAMPLE], sides=2, limit=20, relativity=0))

    assert sums["all"] == {"questions": 1, "evidence found": 1.0, "answer read": 1.0, "words returned": 8}
    adds = [body for name, body in calls if name.startswith("add")]
    assert [len(body["messages"]) for body in adds] == [2, 2, 1, 1]  # type: ignore[arg-type]
    assert len({body["user_id"] for body in adds}) == 2
    assert sum("search" in name for name, _ in calls) == 2


def test_a_history_of_a_person_and_an_assistant_is_added_once(tmp_path: Path) -> None:
    question = {"question": "What is the dog called?", "answer": "Bruno", "category": "single", "evidence": ["a"]}
    conversation = {
        "id": "h",
        "sessions": [{"date_time": "2025-06-10 09:30:00", "turns": [{"id": "a", "role": "user", "text": "Bruno."}]}],
        "questions": [question | {"answerable": True}, question | {"answerable": False}],
    }
    path = tmp_path / "histories.json"
    path.write_text(json.dumps({"meta": {}, "conversations": [conversation]}))

    samples, sides = load(path)

    assert (len(samples[0].turns), len(samples[0].questions), sides) == (1, 1, 1)
