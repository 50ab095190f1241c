import { html } from "../vendor/preact.js";
import { get, write } from "../api.js";
import { Action, Nothing, Problem, Said, toast, useLoad } from "../parts.js";
import { t } from "../words.js";

export function Settings() {
  const settings = useLoad((signal) => get("/settings", {}, signal), []);
  const hosts = useLoad((signal) => get("/hosts", {}, signal), []);
  const found = hosts.data?.hosts ?? [];
  const connect = async (host) => {
    const told = await write("POST", `/hosts/${encodeURIComponent(host.name)}/install`);
    toast(told.then ? `${told.title}: ${told.then}.` : told.title);
    hosts.reload();
  };
  return html`
    <div class="lead"><h1>${t("settings")}</h1><p>${t("settings_lead")}</p></div>
    <${Problem} error=${settings.error} retry=${settings.reload} />
    ${settings.data && html`<div class="card scrolls" tabindex="0" role="region" aria-label=${t("settings")}><table class="settings">
      <thead><tr><th scope="col">${t("setting")}</th><th scope="col">${t("value")}</th><th scope="col">${t("source")}</th></tr></thead>
      <tbody>${settings.data.settings.map((one) => html`<tr key=${one.name}><th scope="row"><code>${one.name}</code></th><td><${Said} text=${one.value} /></td><td><${Said} text=${one.source} /></td></tr>`)}</tbody>
    </table></div>`}
    <section class="card"><h2>${t("hosts")}</h2><p class="faint">${t("hosts_lead")}</p>
      <${Problem} error=${hosts.error} retry=${hosts.reload} />
      ${hosts.data && !found.length && html`<${Nothing}>${t("no_hosts")}</${Nothing}>`}
      <ul class="plain">${found.map((host) => html`<li key=${host.name} class="host">
        <div><strong>${host.title}</strong> <span class=${host.configured ? "well" : "faint"}>${t(host.configured ? "host_configured" : "host_not_configured")}</span>
          <br /><small><${Said} text=${host.file} /></small></div>
        ${!host.configured && html`<${Action} class="quiet" run=${() => connect(host)}>${t("connect")}</${Action}>`}</li>`)}</ul>
    </section>`;
}
