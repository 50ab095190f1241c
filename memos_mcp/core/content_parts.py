"""The content of a message as text: parts that are no text become a mark with their name in their place.

After the mark of a document that is sent along stands what it says, where that can be read.
"""

import base64
import binascii
import mimetypes
import re
from collections.abc import Mapping
from typing import Any, cast

from memos_mcp.core.document_text import first_text

_NAMES = ("filename", "file_name", "name", "title", "uri", "file_uri", "fileUri", "url", "image_url", "file_id", "id")
_MEDIA_TYPES = ("media_type", "mime_type", "mimeType")
_DATA = ("file_data", "data", "content", "url", "image_url")
_TEXTUAL = re.compile(r"text/|application/(?:\w+\+)?(?:json|xml|yaml|x-yaml|toml|markdown|javascript)\b")
_PDF = base64.b64encode(b"%PDF-1")[:6].decode()
_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)[^,]*?(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL)
_LONGEST_NAME = 200  # characters; names of files have up to 255
_DEEPEST = 8  # results of tools within each other; hosts send one or two

Part = Mapping[str, Any]


def content_text(content: object, depth: int = 0) -> object:
    """Return a content as text; what is neither a text nor made of parts is returned as it is."""
    match content:
        case list():
            return "\n".join(_part_text(part, depth) for part in cast("list[object]", content))
        case dict():
            return _part_text(cast("dict[str, Any]", content), depth)
        case _:
            return content


def _part_text(part: object, depth: int) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict) or depth > _DEEPEST:
        return "[part]"
    fields = cast("dict[str, Any]", part)
    text = _own_text(fields, depth)
    return _marked(fields) if text is None else text


def _own_text(part: Part, depth: int) -> str | None:
    """Return the text of a part that is a text, of whatever maker, or that wraps others as a tool's result does."""
    match part:
        case {"text": str() as text} | {"text": {"value": str() as text}} | {"refusal": str() as text}:
            return text
        case {"type": "tool_result", "content": str() | list()}:
            return str(content_text(part["content"], depth + 1))
        case _:
            return None


def _marked(part: Part) -> str:
    """Name a part that is no text, and keep the text of a file whose content is sent along."""
    inner: dict[str, Any] = {}
    for value in part.values():
        if isinstance(value, dict):
            inner |= cast("dict[str, Any]", value)
    fields = inner | {name: value for name, value in part.items() if not isinstance(value, dict)}
    name = next((_short(fields[key]) for key in _NAMES if _is_name(fields.get(key))), "")
    mark = f"[{_kind(part, fields)}: {name}]" if name else f"[{_kind(part, fields)}]"
    text = _document(fields, source=inner.get("type"))
    return f"{mark}\n{text}" if text else mark


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not value.startswith("data:")


def _short(name: str) -> str:
    return " ".join(name.replace("]", ")").replace("[", "(").split())[:_LONGEST_NAME]


def _kind(part: Part, fields: Part) -> str:
    kind = part.get("type")
    if not isinstance(kind, str) or not kind:
        media = _media_type(fields).partition("/")[0]
        kind = media if media in ("image", "audio", "video") else next(iter(part), "part")
    return _short(re.sub(r"^(?:input|output)_|_url$", "", kind))


def _media_type(fields: Part) -> str:
    return next((fields[key] for key in _MEDIA_TYPES if isinstance(fields.get(key), str)), "")


def _document(fields: Part, *, source: object) -> str:
    """Return the text of a file that is sent with its content, where that is a text."""
    if isinstance(text := fields.get("text"), str):
        return text
    name = next((fields[key] for key in ("filename", "file_name", "name", "title") if _is_name(fields.get(key))), "")
    media = _media_type(fields) or mimetypes.guess_type(name)[0] or ""
    for key in _DATA:
        if isinstance(value := fields.get(key), str):
            text = _decoded(value, media, name=name, plain=source == "text" or key == "content")
            if text:
                return text
    return ""


def _decoded(value: str, media: str, *, name: str, plain: bool) -> str:
    data = _DATA_URL.fullmatch(value)
    if data:
        value, media, plain = data["data"], data["type"] or media, not data["base64"]
    if plain:
        return value if not data or _TEXTUAL.match(media) else ""
    if not _TEXTUAL.match(media) and not value.startswith(_PDF):
        return ""
    try:
        content = base64.b64decode(value, validate=True)
        read = first_text("page.html" if media == "text/html" else name, content)
        return read if read or value.startswith(_PDF) else content.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
