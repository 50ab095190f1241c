import { html, useEffect, useState } from "../vendor/preact.js";
import { get, write } from "../api.js";
import { Action, Chip, Choice, Field, Nothing, Pages, Problem, Said, ToMemory, When, plain, toast, useLater, useLoad } from "../parts.js";
import { t } from "../words.js";
import { DeleteMemories } from "./delete-memories.js";

const SIZE = 50;
const COLUMNS = [["value", "column_value"], ["kind", "column_kind"], ["tags", "column_tags"], ["updated", "column_updated"]];
const SORTED = new Set(["value", "updated"]);

export function Memories({ query, changes }) {
  const [filter, setFilter] = useState({ kind: "", state: "activated", tag: "", text: "", sort: "updated", order: "desc", ...query });
  const [cursors, setCursors] = useState([""]);
  const [picked, setPicked] = useState(new Set());
  const [doomed, setDoomed] = useState(null);
  const later = useLater(filter, 200);
  const key = JSON.stringify(later);
  useEffect(() => { setCursors([""]); setPicked(new Set()); }, [key]);
  const page = useLoad((signal) => get("/memories", { ...later, limit: SIZE, cursor: cursors.at(-1) }, signal), [key, cursors.length, changes]);
  const set = (change) => setFilter((before) => ({ ...before, ...change }));
  const shown = page.data?.memories ?? [];
  const ids = shown.map((one) => one.memory_id).filter((id) => picked.has(id));
  const pick = (which, on) => setPicked((before) => new Set(on ? [...before, ...which] : [...before].filter((id) => !which.includes(id))));
  const each = async (verb, said) => {
    for (const id of ids) await write("POST", `/memories/${encodeURIComponent(id)}/${verb}`);
    setPicked(new Set());
    page.reload();
    toast(t(said));
  };
  return html`
    <div class="lead"><h1>${t("memories")}</h1><p>${t("memories_lead")}</p></div>
    <div class="bar">
      <${Field} label=${t("filter")} wide><input type="search" dir="auto" value=${filter.text} onInput=${(event) => set({ text: event.target.value })} /></${Field}>
      <${Choice} label=${t("kind")} value=${filter.kind} onChange=${(kind) => set({ kind })}
        options=${[["", t("every")], ["memory", t("kinds_memory")], ["preference", t("kinds_preference")]]} />
      <${Choice} label=${t("state")} value=${filter.state} onChange=${(state) => set({ state })}
        options=${["activated", "archived", "all"].map((name) => [name, t(`state_${name}`)])} />
      <${Field} label=${t("tag")}><input value=${filter.tag} onInput=${(event) => set({ tag: event.target.value })} /></${Field}>
    </div>
    <${Problem} error=${page.error} retry=${page.reload} />
    <div class="picked" aria-live="polite">${ids.length > 0 && html`
      <strong>${t("selected", { n: ids.length })}</strong>
      ${filter.state !== "archived" && html`<${Action} class="quiet" run=${() => each("archive", "archived")}>${t("archive")}</${Action}>`}
      ${filter.state !== "activated" && html`<${Action} class="quiet" run=${() => each("restore", "restored")}>${t("restore")}</${Action}>`}
      <button class="quiet danger" onClick=${() => setDoomed(shown.filter((one) => ids.includes(one.memory_id)))}>${t("delete")}</button>`}
    </div>
    ${shown.length > 0 && html`<table class="memories" aria-busy=${page.loading}>
      <thead><tr>
        <th scope="col"><input type="checkbox" aria-label=${t("select_all")} checked=${ids.length === shown.length}
          onChange=${(event) => pick(shown.map((one) => one.memory_id), event.target.checked)} /></th>
        ${COLUMNS.map(([name, word]) => html`<${Column} key=${name} name=${name} word=${word} filter=${filter} onSort=${set} />`)}
      </tr></thead>
      <tbody>${shown.map((one) => html`<${Row} key=${one.memory_id} memory=${one} picked=${picked.has(one.memory_id)}
        onPick=${(on) => pick([one.memory_id], on)} onTag=${(tag) => set({ tag })} />`)}</tbody>
    </table>`}
    ${page.data && !shown.length && html`<${Nothing}>${t("no_memories")}</${Nothing}>`}
    ${page.data && shown.length > 0 && html`<${Pages} label=${t("memories")} cursors=${cursors} next=${page.data.next_cursor} onTurn=${setCursors}><span>${placeIn(page.data, cursors)}</span></${Pages}>`}
    ${doomed && html`<${DeleteMemories} memories=${doomed} onClose=${() => setDoomed(null)} onDone=${() => { setPicked(new Set()); page.reload(); }} />`}`;
}

function Column({ name, word, filter, onSort }) {
  if (!SORTED.has(name)) return html`<th scope="col" class=${`column-${name}`}>${t(word)}</th>`;
  const isSorted = filter.sort === name;
  const [first, then] = name === "value" ? ["asc", "desc"] : ["desc", "asc"];
  const order = isSorted && filter.order === first ? then : first;
  const sorted = isSorted ? { asc: "ascending", desc: "descending" }[filter.order] : "none";
  return html`<th scope="col" class=${`column-${name}`} aria-sort=${sorted}>
    <button class="bare" title=${t("sort_by", { column: t(word) })} onClick=${() => onSort({ sort: name, order })}>${t(word)}<span aria-hidden="true">${isSorted ? (filter.order === "desc" ? " ↓" : " ↑") : ""}</span></button>
  </th>`;
}

function Row({ memory, picked, onPick, onTag }) {
  return html`<tr class=${memory.state}>
    <td><input type="checkbox" aria-label=${`${t("select")}: ${plain(memory.value, 60)}`} checked=${picked} onChange=${(event) => onPick(event.target.checked)} /></td>
    <td class="column-value"><${ToMemory} memory=${memory} /></td>
    <td class="column-kind"><${Chip} kind=${memory.kind}>${t(`kind_${memory.kind}`)}</${Chip}>${memory.state === "archived" && html` <${Chip}>${t("state_archived")}</${Chip}>`}</td>
    <td class="column-tags">${memory.tags.slice(0, 3).map((tag) => html`<button key=${tag} class="tag" onClick=${() => onTag(tag)}><${Said} text=${tag} /></button>`)}</td>
    <td class="column-updated"><${When} time=${memory.updated} /></td>
  </tr>`;
}

function placeIn(page, cursors) {
  const from = (cursors.length - 1) * SIZE;
  return t("page_of", { from: from + 1, to: from + page.memories.length, total: page.total });
}
