import { html, useEffect, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Field, Nothing, Pages, Problem, Said, useLater, useLoad } from "../parts.js";
import { count, dayOf, t } from "../words.js";

export function Conversations({ changes }) {
  const [text, setText] = useState("");
  const [cursors, setCursors] = useState([""]);
  const later = useLater(text, 200);
  useEffect(() => setCursors([""]), [later]);
  const page = useLoad((signal) => get("/conversations", { text: later, limit: 50, cursor: cursors.at(-1) }, signal), [later, cursors.length, changes]);
  const shown = page.data?.conversations ?? [];
  return html`
    <div class="lead"><h1>${t("conversations")}</h1><p>${t("conversations_lead")}</p></div>
    <div class="bar"><${Field} label=${t("find_conversation")} wide>
      <input type="search" dir="auto" value=${text} onInput=${(event) => setText(event.target.value)} /></${Field}></div>
    <${Problem} error=${page.error} retry=${page.reload} />
    ${page.data && !shown.length && html`<${Nothing}>${t(later ? "found_nothing" : "no_conversations")}</${Nothing}>`}
    <ul class="plain conversations" aria-busy=${page.loading}>${shown.map((one) => html`<li key=${one.conversation_id} class="card">
      <a href=${`#/conversations/${encodeURIComponent(one.conversation_id)}`}><${Said} text=${one.title || one.conversation_id} /></a>
      <small>${count("messages", one.messages)}, ${span(one)}</small></li>`)}</ul>
    ${(cursors.length > 1 || page.data?.next_cursor) && html`<${Pages} label=${t("conversations")} cursors=${cursors} next=${page.data?.next_cursor} onTurn=${setCursors} />`}`;
}

function span({ first_time: first, last_time: last }) {
  const [from, until] = [dayOf(first), dayOf(last)];
  return from === until ? from : `${from} – ${until}`;
}
