import { html, useState } from "../vendor/preact.js";
import { Refused, get, write } from "../api.js";
import { Action, Dialog, Nothing, Problem, Said, useLoad } from "../parts.js";
import { t } from "../words.js";


export function Settings() {
  const settings = useLoad((signal) => get("/settings", {}, signal), []);
  const hosts = useLoad((signal) => get("/hosts", {}, signal), []);
  const found = hosts.data?.hosts ?? [];
  const [asked, setAsked] = useState(null);
  const [done, setDone] = useState({});
  const connected = (told) => {
    setAsked(null);
    setDone((before) => ({ ...before, [told.name]: told }));
    hosts.reload();
  };
  return html`
    <div class="lead"><h1>${t("settings")}</h1><p>${t("settings_lead")}</p></div>
    <section class="card"><h2>${t("hosts")}</h2><p class="faint">${t("hosts_lead")}</p>
      <${Problem} error=${hosts.error} retry=${hosts.reload} />
      ${hosts.data && !found.length && html`<${Nothing}>${t("no_hosts")}</${Nothing}>`}
      <ul class="plain">${found.map((host) => html`<li key=${host.name} class="host">
        <div><strong>${host.title}</strong> <span class=${host.configured ? "well" : "faint"}>${t(host.configured ? "host_configured" : "host_not_configured")}</span>
          <br /><small><${Said} text=${host.file} /></small>
          ${host.no_hooks && html`<br /><small><${Said} text=${t("host_no_hooks", { why: host.no_hooks })} /></small>`}
          <span role="status">${done[host.name] && html`<br /><${Said} text=${t("host_then", { then: done[host.name].then || t("host_restart") })} />`}</span></div>
        ${!host.configured && html`<${Action} class="quiet" run=${() => install(host, { dry_run: true }).then(setAsked)}>${t("connect")}</${Action}>`}</li>`)}</ul>
    </section>
    <${Problem} error=${settings.error} retry=${settings.reload} />
    ${settings.data && html`<div class="card scrolls" tabindex="0" role="region" aria-label=${t("settings")}><table class="settings">
      <thead><tr><th scope="col">${t("setting")}</th><th scope="col">${t("value")}</th><th scope="col">${t("source")}</th></tr></thead>
      <tbody>${settings.data.settings.map((one) => html`<tr key=${one.name} class=${one.source === "default" ? "faint" : ""}><th scope="row"><code>${one.name}</code></th><td><${Said} text=${one.value} /></td><td><${Said} text=${one.source} /></td></tr>`)}</tbody>
    </table></div>`}
    ${asked && html`<${Connect} host=${asked} onClose=${() => setAsked(null)} onDone=${connected} />`}`;
}

async function install(host, query) {
  const told = await write("POST", `/hosts/${encodeURIComponent(host.name)}/install`, {}, query);
  if (told.refused) throw new Refused(told.why, 400);
  return told;
}

function kindOf(line) {
  if (/^(\+\+\+|---)/.test(line)) return "same";
  return { "+": "added", "-": "removed" }[line[0]] ?? "same";
}

// What would be written into a host's file, before it is.
function Connect({ host, onClose, onDone }) {
  return html`<${Dialog} title=${t("connect_host", { host: host.title })} onClose=${onClose} kind="main" yes=${t("connect")} run=${() => install(host).then(onDone)}>
    <p>${t(host.diff ? "connect_lead" : "connect_otherwise")} ${host.why && html`<${Said} text=${host.why} />`}</p>
    ${host.diff && html`<pre class="diff" tabindex="0" aria-label=${t("changes")}>${host.diff.split("\n").map((line) => html`<${Said} as="span" class=${`line-${kindOf(line)}`} text=${`${line}\n`} />`)}</pre>`}
  </${Dialog}>`;
}
