import { html, useState } from "../vendor/preact.js";
import { write } from "../api.js";
import { Dialog, Nothing, Problem, Said, ToMemory, When } from "../parts.js";
import { count, role, t } from "../words.js";
import { amount } from "./delete-memories.js";
import { placeOf } from "./search.js";

const SHOWN = 200;

export function Forget() {
  const [text, setText] = useState("");
  const [found, setFound] = useState(null);
  const [done, setDone] = useState(null);
  const [asks, setAsks] = useState(false);
  const [error, setError] = useState(null);
  const look = async (event) => {
    event.preventDefault();
    setDone(null);
    try {
      const told = await write("POST", "/forget", { text, dry_run: true });
      setFound({ text, ...told });
      setError(null);
    } catch (problem) {
      setError(problem);
    }
  };
  const forget = async () => {
    const told = await write("POST", "/forget", { text: found.text });
    setAsks(false);
    setDone({ text: found.text, ...told });
    setFound(null);
  };
  return html`
    <div class="lead"><h1>${t("forget")}</h1><p>${t("forget_lead")}</p></div>
    <form class="bar" onSubmit=${look}>
      <input class="big" dir="auto" required aria-label=${t("forget_what")} placeholder=${t("forget_what")} value=${text} maxlength="1000" onInput=${(event) => setText(event.target.value)} />
      <button class="main">${t("look")}</button>
    </form>
    <${Problem} error=${error} />
    <div class="results" aria-live="polite">${done && html`<div class="card"><p class=${done.left ? "unwell" : "well"}>${result(done)}</p>
        ${done.stale_backups.length > 0 && html`<p>${t("stale_backups")}</p><ul class="plain">${done.stale_backups.map((file) => html`<li key=${file}><code>${file}</code></li>`)}</ul>`}</div>`}
      ${found && html`<${Found} found=${found} onForget=${() => setAsks(true)} />`}</div>
    ${asks && html`<${Dialog} title=${t("forget_sure")} onClose=${() => setAsks(false)} yes=${t("forget_all")} run=${forget}>
      <p>${t("forget_found", numbers(found.deleted_messages, found.deleted_memories))} ${t("delete_memories_lead")}</p>
    </${Dialog}>`}`;
}

function numbers(messages, memories) {
  return { messages: count("messages", amount(messages)), memories: count("memories", amount(memories)) };
}

function result({ deleted_messages: messages, deleted_memories: memories, left, text }) {
  return t(left ? "forget_left" : "forget_done", { ...numbers(messages, memories), left, text });
}

function Found({ found, onForget }) {
  const { messages, memories } = found;
  if (!found.deleted_messages.length && !found.deleted_memories.length) return html`<${Nothing}>${t("forget_none", { text: found.text })}</${Nothing}>`;
  return html`
    <div class="picked"><strong>${t("forget_found", numbers(found.deleted_messages, found.deleted_memories))}</strong>
      <button class="main danger" onClick=${onForget}>${t("forget_all")}</button></div>
    ${memories.length > 0 && html`<section class="card"><h2>${t("memories")}</h2><ul class="plain">${memories.slice(0, SHOWN).map((one) => html`<li key=${one.memory_id}>
      <${ToMemory} memory=${one} /></li>`)}</ul><${More} all=${found.deleted_memories} /></section>`}
    ${messages.length > 0 && html`<section class="card"><h2>${t("kinds_message")}</h2><ul class="plain">${messages.slice(0, SHOWN).map((one) => html`<li key=${one.message_id}>
      <a class="line" href=${placeOf(one)}><${Said} text=${one.content} /></a> <small>${role(one.role)}, <${When} time=${one.time} /></small></li>`)}</ul><${More} all=${found.deleted_messages} /></section>`}`;
}

function More({ all }) {
  return all.length > SHOWN ? html`<p class="faint">${t("and_more", { n: all.length - SHOWN })}</p>` : null;
}
