import { html, useRef, useState } from "../vendor/preact.js";
import { get, write } from "../api.js";
import { Action, Chip, Field, Nothing, Problem, Said, ToMemory, When, toast, useLoad } from "../parts.js";
import { role, spokenOf, t, what } from "../words.js";
import { DeleteMemories } from "./delete-memories.js";
import { placeOf } from "./search.js";

export function Memory({ id, changes }) {
  const path = `/memories/${encodeURIComponent(id)}`;
  const kept = useRef({ data: null, isGone: false });
  const found = useLoad(async (signal) => {
    if (!kept.current.isGone) kept.current.data = await get(path, {}, signal);
    return kept.current.data;
  }, [id, changes]);
  const [edits, setEdits] = useState(false);
  const [dooms, setDooms] = useState(false);
  const act = async (verb, said) => {
    await write("POST", `${path}/${verb}`);
    found.reload();
    toast(t(said), verb === "undo" ? undefined : () => write("POST", `${path}/undo`).then(found.reload));
  };
  const detail = found.data;
  return html`
    <p class="back"><a href="#/memories">${t("memories")}</a></p>
    <${Problem} error=${found.error} retry=${found.reload} />
    ${detail && html`<article>
      <div class="lead">
        ${detail.memory.title && html`<p class="kicker"><${Said} text=${detail.memory.title} /></p>`}
        <h1 class="statement"><${Said} text=${detail.memory.value} /></h1>
        <p class="about"><${Chip} kind=${detail.memory.kind}>${t(`kind_${detail.memory.kind}`)}</${Chip}>
          ${detail.memory.state === "archived" && html`<${Chip}>${t("state_archived")}</${Chip}>`}
          ${detail.memory.tags.map((tag) => html`<a key=${tag} class="tag" href=${`#/memories?${new URLSearchParams({ tag })}`}><${Said} text=${tag} /></a>`)}</p>
      </div>
      ${edits ? html`<${Edit} memory=${detail.memory} path=${path} onClose=${() => setEdits(false)} onSaved=${() => { setEdits(false); found.reload(); }} />`
        : html`<div class="buttons left">
          <button class="main" onClick=${() => setEdits(true)}>${t("edit")}</button>
          ${detail.memory.state === "archived" ? html`<${Action} class="quiet" run=${() => act("restore", "restored")}>${t("restore")}</${Action}>`
            : html`<${Action} class="quiet" run=${() => act("archive", "archived")}>${t("archive")}</${Action}>`}
          <button class="quiet danger" onClick=${() => setDooms(true)}>${t("delete")}</button></div>`}
      <${Facts} memory=${detail.memory} />
      <${Others} title=${t("replaced_by")} memories=${detail.replaced_by} />
      <${Others} title=${t("replaces")} memories=${detail.replaces} />
      <section class="card"><h2>${t("sources")}</h2>
        ${detail.sources.length ? detail.sources.map((message) => html`<figure key=${message.message_id} class="source">
          <blockquote><${Said} text=${message.content} /></blockquote>
          <figcaption>${role(message.role)}, <${When} time=${message.time} />. <a href=${placeOf(message)}>${t("see_there")}</a></figcaption>
        </figure>`) : html`<${Nothing}>${t("no_sources")}</${Nothing}>`}
      </section>
      <section class="card"><h2>${t("history")}</h2>
        ${!detail.history.length && html`<${Nothing}>${t("no_history")}</${Nothing}>`}
        <ol class="history">${detail.history.map((change, index) => html`<li key=${index} class=${change.undone ? "undone" : ""}>
          <span>${what(change.what)}</span> <small><${When} time=${change.time} /></small>
          ${change.value && html`<p><${Said} text=${change.value} /></p>`}</li>`)}</ol>
        ${detail.can_undo && html`<${Action} class="quiet" run=${() => act("undo", "undone")}>${t("undo_last")}</${Action}>`}
      </section>
    </article>`}
    ${dooms && html`<${DeleteMemories} memories=${[detail.memory]} onClose=${() => setDooms(false)} onGone=${() => { kept.current.isGone = true; }} onDone=${() => { location.hash = "#/memories"; }} />`}`;
}

function Facts({ memory }) {
  const facts = [
    ["speaks_of", memory.time && html`<time datetime=${memory.time}>${spokenOf(memory.time, memory.time_grain)}</time>`],
    ["created", html`<${When} time=${memory.created} />`],
    ["confidence", memory.confidence < 1 && `${Math.round(memory.confidence * 100)} %`],
  ];
  return html`<dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}><dt>${t(name)}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function Others({ title, memories }) {
  if (!memories.length) return null;
  return html`<section class="card"><h2>${title}</h2><ul class="plain">${memories.map((one) => html`<li key=${one.memory_id}>
    <${ToMemory} memory=${one} /></li>`)}</ul></section>`;
}

function Edit({ memory, path, onClose, onSaved }) {
  const [fields, setFields] = useState({ value: memory.value, title: memory.title, tags: memory.tags.join(", ") });
  const set = (name) => (event) => setFields((before) => ({ ...before, [name]: event.target.value }));
  const save = async () => {
    const tags = fields.tags.split(",").map((tag) => tag.trim()).filter(Boolean);
    await write("PATCH", path, { value: fields.value, title: fields.title, tags });
    toast(t("saved"));
    onSaved();
  };
  return html`<div class="card edit">
    <${Field} label=${t("text")} wide><textarea rows="3" dir="auto" value=${fields.value} onInput=${set("value")}></textarea></${Field}>
    <${Field} label=${t("short_title")} wide><input dir="auto" value=${fields.title} onInput=${set("title")} /></${Field}>
    <${Field} label=${t("tags_field")} wide><input dir="auto" value=${fields.tags} onInput=${set("tags")} /></${Field}>
    <div class="buttons"><button class="quiet" onClick=${onClose}>${t("cancel")}</button>
      <${Action} class="main" run=${save} disabled=${!fields.value.trim()}>${t("save")}</${Action}></div>
  </div>`;
}
