import { html } from "../vendor/preact.js";
import { write } from "../api.js";
import { Dialog, Hanging, Problem, toast, useLoad } from "../parts.js";
import { count, t } from "../words.js";
import { amount } from "./delete-memories.js";

const ALWAYS = { from: "0001-01-01T00:00:00+00:00", to: "9999-12-31T00:00:00+00:00" };

// Says what hangs on messages, or on a whole conversation, and deletes them.
// `onGone` is told before a conversation goes, so that its view does not ask for it meanwhile, and where it stays.
export function DeleteMessages({ what, onClose, onDone, onGone }) {
  const conversation = what.conversation_id;
  const wanted = conversation ? { ...what, ...ALWAYS } : what;
  const look = useLoad(() => write("POST", "/messages/delete", { ...wanted, dry_run: true }), [JSON.stringify(what)]);
  const remove = async () => {
    onGone(Boolean(conversation));
    const sent = conversation ? write("DELETE", `/conversations/${encodeURIComponent(conversation)}`) : write("POST", "/messages/delete", what);
    const told = await sent.catch((problem) => { onGone(false); throw problem; });
    toast(t("deleted_count", { memories: count("memories", amount(told.deleted_memories)), messages: count("messages", amount(told.deleted_messages)) }));
    onDone();
  };
  return html`<${Dialog} title=${t(conversation ? "delete_conversation" : "delete_messages")} onClose=${onClose} yes=${t("delete")} run=${remove} disabled=${!look.data}>
    <p>${t(conversation ? "delete_conversation_lead" : "delete_memories_lead")}</p>
    <${Problem} error=${look.error} />
    ${look.data && html`<p class="faint">${t("what_hangs")}</p><${Hanging} of=${look.data} />`}
  </${Dialog}>`;
}
