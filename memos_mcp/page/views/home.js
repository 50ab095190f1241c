import { html, useMemo } from "../vendor/preact.js";
import { get } from "../api.js";
import { Nothing, Problem, Said, ToMemory, When, useLoad } from "../parts.js";
import { count, dayOf, relativeTime, t } from "../words.js";

const WIDTH = 720;
const HEIGHT = 150;
const MOST_BARS = 60;

export function Home({ changes, atMachine }) {
  const home = useLoad((signal) => get("/home", {}, signal), [changes]);
  const status = useLoad((signal) => get("/status", {}, signal), [changes]);
  const known = home.data ?? { profile: [], preferences: [], newest: [], days: [] };
  const isEmpty = home.data && !known.newest.length && !known.counts.messages;
  return html`
    <div class="lead"><h1>${t("home")}</h1><p>${t("home_lead")}</p></div>
    <${Problem} error=${home.error ?? status.error} retry=${() => { home.reload(); status.reload(); }} />
    ${known.counts && html`<${Numbers} counts=${known.counts} />`}
    ${isEmpty && html`<div class="card"><p>${t("nothing_known")}</p><ul>
      ${atMachine && html`<li><a href="#/settings">${t("first_connect")}</a></li>`}
      <li><a href="#/transfer">${t("first_import")}</a></li></ul></div>`}
    <div class="columns">
      <div>
        <${Listed} title=${t("known")} memories=${known.profile.slice(0, 6)} more="#/memories" empty=${!isEmpty && home.data && t("nothing_known")} />
        <${Listed} title=${t("preferences")} memories=${known.preferences.slice(0, 5)} empty=${!isEmpty && home.data && t("no_preferences")} />
      </div>
      <div>
        <${Listed} title=${t("newest")} memories=${known.newest.slice(0, 8)} timed />
      </div>
    </div>
    ${known.days.length > 0 && html`<section class="card"><h2>${t("over_time")}</h2><${Chart} days=${known.days} /></section>`}
    ${status.data && html`<${State} status=${status.data} />`}`;
}

function Numbers({ counts }) {
  return html`<p class="numbers">
    <a href="#/memories">${count("memories", counts.memories)}</a>
    <a href="#/conversations">${count("messages", counts.messages)}</a>
    <a href="#/conversations">${count("conversations", counts.conversations)}</a>
  </p>`;
}

function Listed({ title, memories, empty, timed, more }) {
  if (!memories.length && !empty) return null;
  return html`<section class="card">
    <h2>${title}</h2>
    ${memories.length ? html`<ul class="plain">${memories.map((one) => html`<li key=${one.memory_id}>
        <${ToMemory} memory=${one} />
        ${timed && html`<small><${When} time=${one.created} /></small>`}
      </li>`)}</ul>` : html`<${Nothing}>${empty}</${Nothing}>`}
    ${more && memories.length > 0 && html`<a class="more" href=${more}>${t("all_memories")}</a>`}
  </section>`;
}

function State({ status }) {
  const { waiting, health, clients } = status;
  return html`<div class="columns state">
    <section class="card"><h2>${t("health")}</h2>
      <p class=${health.ok ? "well" : "unwell"}>${health.text}</p>
      ${waiting.vectors > 0 && html`<p>${t("waiting_vectors", { n: waiting.vectors })}</p>`}
      ${waiting.memories > 0 && html`<p>${t("waiting_memories", { n: waiting.memories })}</p>`}
      ${waiting.failed > 0 && html`<p>${t("waiting_failed", { n: waiting.failed })}</p>`}
      ${!waiting.vectors && !waiting.memories && html`<p class="faint">${t("nothing_waits")}</p>`}
      <p class="faint">${t("about", { version: status.version, user: status.user_id })}</p>
    </section>
    <section class="card"><h2>${t("clients")}</h2>
      ${clients.length ? html`<ul class="plain">${clients.map((client, index) => html`<li key=${index}>
          <${Said} text=${`${client.name} ${client.version}`} /> <small>${t("client_since", { time: relativeTime(client.since) })}</small></li>`)}</ul>`
        : html`<${Nothing}>${t("no_clients")}</${Nothing}>`}
    </section>
  </div>`;
}

// Days put together until they are few enough to see.
function gathered(days) {
  const first = Date.parse(days[0].date);
  const span = (Date.parse(days.at(-1).date) - first) / 86_400_000 + 1;
  const width = Math.max(1, Math.ceil(span / MOST_BARS));
  const bars = Array.from({ length: Math.ceil(span / width) }, (_, index) => ({ date: first + index * width * 86_400_000, messages: 0, memories: 0 }));
  for (const day of days) {
    const bar = bars[Math.floor((Date.parse(day.date) - first) / 86_400_000 / width)];
    bar.messages += day.messages;
    bar.memories += day.memories;
  }
  return bars;
}

function Chart({ days }) {
  const bars = useMemo(() => gathered(days), [days]);
  const most = Math.max(1, ...bars.map((bar) => Math.max(bar.messages, bar.memories)));
  const step = WIDTH / bars.length;
  const thick = Math.min(16, Math.max(1.5, step * 0.38));
  const label = t("chart", { first: dayOf(days[0].date), last: dayOf(days.at(-1).date) });
  const column = (bar, index, name, shift) => {
    const height = (bar[name] / most) * HEIGHT;
    return bar[name] > 0 && html`<rect class=${`bar-${name}`} x=${index * step + step / 2 + shift} y=${HEIGHT - height} width=${thick} height=${height} rx="1.5" />`;
  };
  return html`<figure class="chart">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT + 2}`} role="img" aria-label=${label} preserveAspectRatio="none">
      ${bars.map((bar, index) => html`<g key=${index}>
        <title>${t("chart_day", { date: dayOf(bar.date), messages: count("messages", bar.messages), memories: count("memories", bar.memories) })}</title>
        <rect class="bar-ground" x=${index * step} y="0" width=${step} height=${HEIGHT} />
        ${column(bar, index, "messages", -thick)}${column(bar, index, "memories", 0)}
      </g>`)}
      <line class="bar-axis" x1="0" x2=${WIDTH} y1=${HEIGHT + 1} y2=${HEIGHT + 1} />
    </svg>
    <figcaption><span>${dayOf(days[0].date)}</span>
      <span class="legend"><span class="key-messages">${t("kinds_message")}</span><span class="key-memories">${t("kinds_memory")}</span></span>
      <span>${dayOf(days.at(-1).date)}</span></figcaption>
  </figure>`;
}
