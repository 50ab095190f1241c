"""What the column `info` of a message says beside what its caller gave: who speaks, and whether others may find it."""

import json

from memos_mcp.core.models import PUBLIC_KEY, AddMessage, Message


def is_public(info: str = "info") -> str:
    """Write the condition that other users may find what a message says, by its column `info`."""
    return f"""instr({info}, '"{PUBLIC_KEY}": true') > 0"""


def others_are_public(user: str) -> str:
    """Write the condition that another user than the one with this key lets everybody find something.

    The first and the last who do are read from an index; whether there is one would be looked for in every message.
    """
    end = f"(SELECT {{}}(message.user) FROM message WHERE {is_public()})"
    return f"coalesce({end.format('min')} <> {user} OR {end.format('max')} <> {user}, FALSE)"


def info_of(request: AddMessage, message: Message) -> str:
    """Write what its add says of a message, who speaks, and whether others may find it."""
    speaker = {"role_id": message.role_id, "role_name": message.role_name}
    marks_of_it = {PUBLIC_KEY: True} if request.allow_public else {}
    given = {name: value for name, value in speaker.items() if value}
    return json.dumps({**request.info, **given, **marks_of_it}, ensure_ascii=False)


def speaker_of(info: str) -> tuple[str, str]:
    """Read who speaks, by id and name, from what is said of a message; empty where nobody is named."""
    if '"role_' not in info:
        return "", ""
    said: dict[str, object] = json.loads(info)
    role_id, role_name = (str(said.get(name) or "") for name in ("role_id", "role_name"))
    return role_id, role_name


def other_speaker(info: str, user_id: str) -> str:
    """Read the name, or else the id, of a speaker who is somebody else than the user; empty where nobody is named."""
    role_id, role_name = speaker_of(info)
    return "" if role_id == user_id else role_name or role_id
