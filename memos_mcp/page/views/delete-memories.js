import { html, useState } from "../vendor/preact.js";
import { write } from "../api.js";
import { Dialog, Hanging, Said, shorten, toast } from "../parts.js";
import { count, t } from "../words.js";

// Deletes memories and says what else still holds their words.
export function DeleteMemories({ memories, onClose, onDone, onGone = () => {} }) {
  const [withMessages, setWithMessages] = useState(false);
  const [held, setHeld] = useState([]);
  const done = (said) => {
    toast(t("deleted_count", { memories: count("memories", said.memories), messages: count("messages", said.messages) }));
    onClose();
    onDone();
  };
  const remove = async () => {
    onGone();
    const told = await write("POST", "/memories/delete", { ids: memories.map((one) => one.memory_id), delete_messages: withMessages });
    const left = told.still_held_by ?? [];
    if (left.length) setHeld(left);
    else done({ memories: amount(told.deleted_memories), messages: amount(told.deleted_messages) });
  };
  const removeHolders = async () => {
    const told = await write("POST", "/messages/delete", { message_ids: held.map((one) => one.message_id) });
    done({ memories: memories.length, messages: amount(told.deleted_messages) });
  };
  if (held.length) {
    const close = () => done({ memories: memories.length, messages: 0 });
    return html`<${Dialog} title=${t("still_held")} onClose=${close} no=${t("close")} yes=${t("delete_those")} run=${removeHolders}>
      <ul class="hanging">${held.slice(0, 8).map((one) => html`<li key=${one.message_id}><${Said} text=${shorten(one.content, 200)} /></li>`)}</ul>
    </${Dialog}>`;
  }
  return html`<${Dialog} title=${t("delete_memories")} onClose=${onClose} yes=${t("delete")} run=${remove}>
    <p>${t("delete_memories_lead")}</p>
    <${Hanging} of=${{ memories }} />
    <label class="check"><input type="checkbox" checked=${withMessages} onChange=${(event) => setWithMessages(event.target.checked)} /> ${t("with_messages")}</label>
  </${Dialog}>`;
}

export function amount(told) {
  return Array.isArray(told) ? told.length : (told ?? 0);
}
