import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { get } from "../api.js";
import { Chip, Choice, Field, Nothing, Problem, Said, When, useLater, useLoad } from "../parts.js";
import { role, t } from "../words.js";

const PAUSE = 200;
const LIMIT = 20;
const WEAK = 0.1;
const REASONS = ["words", "meaning", "time", "neighbours"];

export function Search({ query, changes }) {
  const [wanted, setWanted] = useState({ query: "", kinds: "", start: "", end: "", tag: "", conversation_id: "", ...query });
  const [shows, setShows] = useState("hits");
  const field = useRef(null);
  const later = useLater(wanted, PAUSE);
  const set = (change) => setWanted((before) => ({ ...before, ...change }));
  useEffect(() => field.current.focus(), []);
  useEffect(() => {
    const kept = new URLSearchParams(Object.entries(later).filter(([, value]) => value)).toString();
    history.replaceState(null, "", `#/search${kept && `?${kept}`}`);
  }, [later]);
  const found = useLoad(
    async (signal) => (later.query.trim() ? get("/search", { ...later, ...bounds(later), limit: LIMIT }, signal) : null),
    [JSON.stringify(later), changes],
  );
  return html`
    <div class="lead"><h1>${t("search")}</h1><p>${t("search_lead")}</p></div>
    <form role="search" onSubmit=${(event) => event.preventDefault()}>
      <input class="big" type="search" ref=${field} dir="auto" aria-label=${t("search_for")} placeholder=${t("search_for")} value=${wanted.query} maxlength="2000"
        onInput=${(event) => set({ query: event.target.value })} />
      <details class="filters" open=${Boolean(wanted.kinds || wanted.start || wanted.end || wanted.tag || wanted.conversation_id)}>
        <summary>${t("more_filters")}</summary>
        <div class="bar">
          <${Choice} label=${t("kind")} value=${wanted.kinds} onChange=${(kinds) => set({ kinds })}
            options=${[["", t("every")], ["memory", t("kinds_memory")], ["preference", t("kinds_preference")], ["message", t("kinds_message")]]} />
          <${Field} label=${t("from")}><input type="date" value=${wanted.start} onInput=${(event) => set({ start: event.target.value })} /></${Field}>
          <${Field} label=${t("until")}><input type="date" value=${wanted.end} onInput=${(event) => set({ end: event.target.value })} /></${Field}>
          <${Field} label=${t("tag")}><input value=${wanted.tag} onInput=${(event) => set({ tag: event.target.value })} /></${Field}>
          <${Field} label=${t("conversation")}><input value=${wanted.conversation_id} onInput=${(event) => set({ conversation_id: event.target.value })} /></${Field}>
        </div>
      </details>
    </form>
    <${Problem} error=${found.error} retry=${found.reload} />
    ${!wanted.query.trim() && html`<${Nothing}>${t("search_hint")}</${Nothing}>`}
    ${found.data && wanted.query.trim() && html`<${Found} found=${found.data} shows=${shows} onShow=${setShows} busy=${found.loading} />`}`;
}

// Days of this place become instants; the last day counts whole.
function bounds({ start, end }) {
  const first = start && new Date(`${start}T00:00:00`).getTime();
  const last = end && new Date(`${end}T23:59:59.999`).getTime();
  return { start: first, end: last };
}

function Found({ found, shows, onShow, busy }) {
  const isText = shows === "text";
  const strong = found.hits.filter((hit) => hit.relativity >= WEAK);
  const weak = found.hits.filter((hit) => hit.relativity < WEAK);
  return html`<section aria-busy=${busy}>
    <p class="switch"><button class="quiet" aria-pressed=${isText} onClick=${() => onShow(isText ? "hits" : "text")}>${t("agent_reads")}</button></p>
    ${found.notice && html`<p class="faint">${found.notice}</p>`}
    ${isText ? html`<pre class="agent" tabindex="0"><${Said} text=${found.text} /></pre>`
      : html`${strong.length ? html`<${Hits} hits=${strong} />` : html`<${Nothing}>${t(weak.length ? "found_little" : "found_nothing")}</${Nothing}>`}
        ${weak.length > 0 && html`<details class="filters" open=${!strong.length}><summary>${t("found_weak", { n: weak.length })}</summary><${Hits} hits=${weak} /></details>`}`}
  </section>`;
}

function Hits({ hits }) {
  return html`<ol class="hits">${hits.map((hit) => html`<${Hit} key=${hit.type + hit.id} hit=${hit} />`)}</ol>`;
}

function Hit({ hit }) {
  const { message, memory } = hit;
  const address = message ? placeOf(message) : `#/memories/${encodeURIComponent(hit.id)}`;
  const share = Math.round(hit.relativity * 100);
  return html`<li class="hit card">
    <div class="hit-text">
      <a href=${address}><${Said} text=${message ? message.content : memory.value} /></a>
      <p class="about"><${Chip} kind=${hit.type}>${t(`kind_${hit.type}`)}</${Chip}>
        ${message && html`<span>${role(message.role)}</span>`}
        <${When} time=${message ? message.time : (memory.time ?? memory.created)} /></p>
    </div>
    <div class="why">
      <strong>${t("relativity", { n: share })}</strong>
      <dl>${REASONS.map((name) => html`<div key=${name}>
        <dt>${t(`why_${name}`)}</dt>
        <dd><${Share} name=${name} value=${hit.why[name]} /></dd></div>`)}</dl>
    </div>
  </li>`;
}

function Share({ name, value }) {
  const percent = Math.round(value * 100);
  return html`<span class="share" role="meter" aria-label=${t(`why_${name}`)} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${percent}>
    <i style=${{ width: `${percent}%` }}></i></span>`;
}

export function placeOf(message) {
  return `#/conversations/${encodeURIComponent(message.conversation_id)}?at=${encodeURIComponent(message.message_id)}`;
}
