"""The REST contract from Python: `memos-mcp serve`, then `python examples/rest.py [BASE_URL]`."""

import sys

import httpx


def main(base_url: str) -> None:
    with httpx.Client(base_url=base_url, timeout=60) as memory:  # the first call loads the model
        messages = [{"role": "user", "content": "The roses need water every second day."}]
        added = {"user_id": "ana", "conversation_id": "garden", "messages": messages, "async_mode": False}
        memory.post("/add/message", json=added).raise_for_status()

        asked = {"user_id": "ana", "query": "How often are the roses watered?"}
        found = memory.post("/search/memory", json=asked).raise_for_status().json()["data"]
        for known in found["memory_detail_list"]:
            print(known["memory_value"])


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8765/api/openmem/v1")
