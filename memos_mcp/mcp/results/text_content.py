"""What is answered in text: terse, one line a find, each line told apart from the stored text in it."""

from collections.abc import Iterable, Mapping

from memos_mcp.core.models import (
    AddReceipt,
    FeedbackReceipt,
    Memory,
    MemoryPage,
    MessagePage,
    Preference,
    StoredMessage,
    clock_text,
    local_text,
)
from memos_mcp.mcp.results.size_limits import ANSWER_BYTES, size_of
from memos_mcp.rendering.evidence import called, said_by
from memos_mcp.rendering.instructions import DATA_NOT_INSTRUCTIONS, set_in, visible

READ_WHOLE = "Texts are cut at …: get_message(conversation_id, message_id) reads a message whole."
ONE_CONVERSATION = "Pass this conversation_id to go on with it in another session."
"""For a client that keeps one conversation while it opens a session, and so gets a new one, for each call."""


def conversation_notice(page: MessagePage, *, limit: int, cut: bool) -> str:
    """Say which messages of a conversation these are, and how to get the others."""
    name = f"Conversation {_quoted(page.conversation_id)}"
    shown = len(page.message_detail_list)
    if not page.total or not shown:
        return sentences_of(f"{name}, {page.total or shown} messages, {page.pages} pages.", DATA_NOT_INSTRUCTIONS)
    last = page.total - (page.page - 1) * limit
    where = f"messages {last - shown + 1} to {last} of {page.total}, oldest first."
    older = f"Older: page={page.page + 1}." if page.page < page.pages else ""
    return sentences_of(f"{name}, {where}", older, READ_WHOLE if cut else "", DATA_NOT_INSTRUCTIONS)


def message_notice(message: StoredMessage, *, part: int, parts: int, page: int) -> str:
    """Say which part of a message this is, and where the messages around it are."""
    which = (
        "" if parts == 1 else f" part {part} of {parts} (the next: page={part + 1})" if part < parts else " last part"
    )
    around = f"Around it: page={page} without message_id."
    name = f"Message {message.id} of conversation {_quoted(message.conversation_id)}"
    return sentences_of(f"{name}{which}.", around, DATA_NOT_INSTRUCTIONS)


def conversation_text(messages: Iterable[StoredMessage], *, notice: str, cut: Mapping[str, int]) -> str:
    """Write the messages of a conversation; `cut` has the length of those that are not whole."""
    lines = [notice]
    for message in messages:
        when = local_text(message.create_time, message.utc_offset)[: -3 if not message.utc_offset else None]
        more = f"… [{cut[message.id]:,} characters]" if message.id in cut else ""
        said = "·".join(filter(None, (message.id, when)))
        lines.append(f"{said} {visible(said_by(message))}: {set_in(message.content)}{more}")
    return "\n".join(lines)


def known_notice(page: MemoryPage, *, more: str = "", cut: bool = False) -> str:
    """Say which part of what is known this is, and how to get more."""
    whole = "Texts are cut at …: the resource memos://memories/ID has one whole." if cut else ""
    older = (more or f"More: page={page.current + 1}.") if page.current < page.pages else ""
    total = f"Known of this user: {page.total}, newest first."
    beyond = f"Page {page.current} of {page.pages}: none." if page.current > max(page.pages, 1) else ""
    return sentences_of(total, beyond, page.notice, older, whole, DATA_NOT_INSTRUCTIONS)


def known_text(page: MemoryPage, *, notice: str) -> str:
    """Write what is known of the user, newest first."""
    known = sorted(
        (*page.memory_detail_list, *page.preference_detail_list), key=lambda one: -max(one.create_time, one.update_time)
    )
    return within_size([notice, *map(known_line, known)])


def known_line(one: Memory | Preference) -> str:
    """Write a memory or a preference as one line."""
    told = f"{one.id}·{clock_text(one.create_time)[:10]}"
    state = "" if one.status == "activated" else f" ({one.status})"
    if isinstance(one, Preference):
        return f"{told} preference{state}: {set_in(one.preference)}"
    tags = f" #{' #'.join(map(visible, one.tags))}" if one.tags else ""
    return f"{told} {called(one)}{state}: {set_in(one.memory_value)}{tags}"


def memory_text(known: Memory | Preference, sources: Iterable[StoredMessage]) -> str:
    """Write a memory with the messages that it was learnt from."""
    title = f"Title: {visible(known.memory_key)}\n" if isinstance(known, Memory) and known.memory_key else ""
    reasoning = f"\nReasoning: {set_in(known.reasoning)}" if isinstance(known, Preference) and known.reasoning else ""
    notice = f"Learnt in conversation {_quoted(known.conversation_id)} from {', '.join(known.sources) or 'no message'}:"
    return f"{DATA_NOT_INSTRUCTIONS}\n{title}{known_line(known)}{reasoning}\n" + conversation_text(
        sources, notice=notice, cut={}
    )


def added_text(receipt: AddReceipt, *, count: int) -> str:
    """Say what an add stored, and where."""
    stored = f"Stored {count} message{'s' if count != 1 else ''} in conversation {_quoted(receipt.conversation_id)}"
    return sentences_of(f"{stored} (task {receipt.task_id}, {receipt.status}).", receipt.note)


def feedback_text(receipt: FeedbackReceipt) -> str:
    """Say what a correction changed, or why it changed nothing."""
    if receipt.note:
        return f"The correction is kept as a message. {receipt.note}"
    if receipt.status == "running" and not receipt.archived and not receipt.added:
        return "Correction taken; what follows from it shows in get_memory in a moment."
    archived = f"archived {', '.join(receipt.archived)}" if receipt.archived else "archived nothing"
    changed = [archived, *([f"added {', '.join(receipt.added)}"] if receipt.added else [])]
    if receipt.status == "running":
        changed.append("a new memory of what it says follows in a moment")
    elif not receipt.added:
        changed.append("added nothing")
    return f"Correction taken ({receipt.status}): {', '.join(changed)}."


def _quoted(name: str) -> str:
    return f'"{visible(name)}"'


def sentences_of(*sentences: str) -> str:
    """Put sentences together, without those that are empty."""
    return " ".join(sentence for sentence in sentences if sentence)


def within_size(lines: list[str]) -> str:
    """Join as many lines as an answer holds, and say how many are left out."""
    size = 0
    for number, line in enumerate(lines):
        size += size_of(line) + 1
        if size > ANSWER_BYTES:
            return "\n".join([*lines[:number], f"{len(lines) - number} more left out: ask for fewer at a time."])
    return "\n".join(lines)
