"""A memory inside a program: no server, no MCP.

python examples/library.py DIRECTORY
"""

import sys

from memos_mcp import Memory


def main(data_dir: str) -> None:
    with Memory(user_id="example", data_dir=data_dir) as memory:
        memory.add("The boiler was serviced on 3 March.", conversation_id="house")
        memory.add("The wifi password is on the fridge.", conversation_id="house")
        for message in memory.search("When was the heating checked?", limit=2).message_detail_list:
            print(message.content)


if __name__ == "__main__":
    main(sys.argv[1])
