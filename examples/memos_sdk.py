"""The SDK of MemOS over a memory of one's own: only the base URL is another than that of MemOS Cloud.

pip install MemoryOS
memos-mcp serve
python examples/memos_sdk.py http://127.0.0.1:8765/api/openmem/v1
"""

import sys

from memos.api.client import MemOSClient


def main(base_url: str) -> None:
    memory = MemOSClient(api_key="any", base_url=base_url)  # the token, where the server has MEMOS_TOKENS
    messages = [
        {
            "role": "user",
            "content": "I travel to Guangzhou in the summer. Which hotel chain do you suggest?",
        },
        {"role": "assistant", "content": "You can consider 7 Days, Ji Hotel or Hilton."},
        {"role": "user", "content": "I'll choose 7 Days."},
    ]
    memory.add_message(messages=messages, user_id="sdk_example", conversation_id="0610", async_mode=False)
    found = memory.search_memory(query="Which hotel chain did I choose?", user_id="sdk_example")
    for known in found.data.memory_detail_list:
        print(known.memory_value)


if __name__ == "__main__":
    main(sys.argv[1])
