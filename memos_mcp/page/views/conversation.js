import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Field, Nothing, Problem, Said, useLater } from "../parts.js";
import { clockOf, longDayOf, role, t } from "../words.js";
import { DeleteMessages } from "./delete-messages.js";

const SIZE = 50;

export function Conversation({ id, query, changes }) {
  const path = `/conversations/${encodeURIComponent(id)}/messages`;
  const [text, setText] = useState("");
  const [date, setDate] = useState("");
  const [part, setPart] = useState(query.at ? { around: query.at } : {});
  const [state, setState] = useState({ messages: [], has_before: false, has_after: false });
  const [error, setError] = useState(null);
  const [picking, setPicking] = useState(false);
  const [picked, setPicked] = useState(new Set());
  const [doomed, setDoomed] = useState(null);
  const [loads, setLoads] = useState(0);
  const later = useLater(text, 250);
  const isGone = useRef(false);
  useEffect(() => {
    if (isGone.current) return undefined;
    const stopped = new AbortController();
    get(path, { ...part, text: later, limit: SIZE }, stopped.signal).then(
      (found) => { setState(found); setError(null); },
      (problem) => stopped.signal.aborted || setError(problem),
    );
    return () => stopped.abort();
  }, [path, JSON.stringify(part), later, loads, changes]);
  useEffect(() => {
    const aim = part.around && document.getElementById(`message-${part.around}`);
    if (aim) aim.scrollIntoView({ block: "center" });
  }, [state.messages.length > 0, part.around]);
  const more = async (side) => {
    const edge = side === "before" ? state.messages[0] : state.messages.at(-1);
    const found = await get(path, { [side]: edge.message_id, text: later, limit: SIZE });
    setState((now) => side === "before"
      ? { ...now, messages: [...found.messages, ...now.messages], has_before: found.has_before }
      : { ...now, messages: [...now.messages, ...found.messages], has_after: found.has_after });
  };
  const again = () => { setPicked(new Set()); setPicking(false); setLoads((number) => number + 1); };
  const toggle = (which) => setPicked((before) => {
    const after = new Set(before);
    if (!after.delete(which)) after.add(which);
    return after;
  });
  const stretch = () => {
    const places = state.messages.map((one, index) => (picked.has(one.message_id) ? index : -1)).filter((index) => index >= 0);
    setPicked(new Set(state.messages.slice(places[0], places.at(-1) + 1).map((one) => one.message_id)));
  };
  return html`
    <p class="back"><a href="#/conversations">${t("conversations")}</a></p>
    <div class="lead"><h1>${t("conversation")}</h1><p><${Said} text=${id} /></p></div>
    <div class="bar">
      <${Field} label=${t("search_inside")} wide><input type="search" dir="auto" value=${text} onInput=${(event) => setText(event.target.value)} /></${Field}>
      <form class="field-row" onSubmit=${(event) => { event.preventDefault(); if (date) { setText(""); setPart({ date: new Date(`${date}T00:00:00`).getTime() }); } }}>
        <${Field} label=${t("jump_to")}><input type="date" value=${date} onInput=${(event) => setDate(event.target.value)} /></${Field}>
        <button class="quiet">${t("jump")}</button>
      </form>
    </div>
    <div class="picked">
      <button class="quiet" aria-pressed=${picking} onClick=${() => { setPicking(!picking); setPicked(new Set()); }}>${t(picking ? "pick_stop" : "pick")}</button>
      ${picking && picked.size > 1 && html`<button class="quiet" onClick=${stretch}>${t("pick_between")}</button>`}
      ${picking && picked.size > 0 && html`<button class="quiet danger" onClick=${() => setDoomed({ message_ids: [...picked] })}>${t("delete_picked")} (${picked.size})</button>`}
      <button class="quiet danger" onClick=${() => setDoomed({ conversation_id: id })}>${t("delete_conversation")}</button>
    </div>
    <${Problem} error=${error} retry=${() => setLoads(loads + 1)} />
    ${state.has_before && html`<p class="center"><button class="quiet" onClick=${() => more("before")}>${t("older")}</button></p>`}
    <${Chat} messages=${state.messages} aim=${part.around} picking=${picking} picked=${picked} onPick=${toggle} onDelete=${(one) => setDoomed({ message_ids: [one.message_id] })} />
    ${!state.messages.length && !error && html`<${Nothing}>${t("no_messages")}</${Nothing}>`}
    ${state.has_after && html`<p class="center"><button class="quiet" onClick=${() => more("after")}>${t("newer")}</button></p>`}
    ${doomed && html`<${DeleteMessages} what=${doomed} onGone=${(gone) => { isGone.current = gone; }} onClose=${() => setDoomed(null)}
      onDone=${() => { setDoomed(null); if (doomed.conversation_id) location.hash = "#/conversations"; else again(); }} />`}`;
}

function Chat({ messages, aim, picking, picked, onPick, onDelete }) {
  let day = "";
  return html`<ol class="chat">${messages.map((message) => {
    const its = longDayOf(message.time);
    const isNew = its !== day;
    day = its;
    return html`<li key=${message.message_id} id=${`message-${message.message_id}`} class=${`from-${message.role} ${aim === message.message_id ? "aim" : ""}`}>
      ${isNew && html`<h2 class="day">${its}</h2>`}
      <div class="bubble">
        <p class="about"><span>${role(message.role)}</span> <time datetime=${message.time}>${clockOf(message.time)}</time>
          ${picking ? html`<label class="check"><input type="checkbox" checked=${picked.has(message.message_id)} onChange=${() => onPick(message.message_id)} /> ${t("select")}</label>`
            : html`<button class="bare faint" onClick=${() => onDelete(message)}>${t("delete")}</button>`}</p>
        <${Said} as="p" class="content" text=${message.content} />
        ${message.memories.length > 0 && html`<p class="learnt"><span>${t("learnt")}</span> ${message.memories.map((memory) => html`<a key=${memory} href=${`#/memories/${encodeURIComponent(memory)}`}>${t("memory_named", { id: memory })}</a> `)}</p>`}
      </div></li>`;
  })}</ol>`;
}
