"""The quick start's conversation A, and small ways to write requests."""

from memos_mcp.core.models import AddMessage, Message

CONVERSATION_ID = "0610"
CONVERSATION_A = (
    ("user", "I want to travel during the summer vacation, can you recommend something?"),
    ("assistant", "Sure! Are you traveling alone, with family or with friends?"),
    ("user", "I'm bringing my kid. My family always travels together."),
    ("assistant", "Got it, so you're traveling with your children as a family, right?"),
    ("user", "Yes, with both children and elderly, we usually travel as a whole family."),
    ("assistant", "Understood, I'll recommend destinations suitable for family trips."),
)
NATIONAL_DAY = "Any suggestions for where to go during National Day?"


def add(*texts: str, conversation_id: str = "c", key: str = "", wait: bool = False) -> AddMessage:
    """Write the request that adds what a user said."""
    messages = tuple(Message(role="user", content=text) for text in texts)
    return AddMessage(messages=messages, conversation_id=conversation_id, key=key, wait=wait)


def conversation_a(*, wait: bool = False) -> AddMessage:
    """Write the request that adds the quick start's conversation."""
    messages = tuple(Message.model_validate({"role": role, "content": content}) for role, content in CONVERSATION_A)
    return AddMessage(messages=messages, conversation_id=CONVERSATION_ID, wait=wait)
