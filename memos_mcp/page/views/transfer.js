import { html, useRef, useState } from "../vendor/preact.js";
import { download, upload } from "../api.js";
import { Action, Problem, Said } from "../parts.js";
import { count, t } from "../words.js";
import { amount } from "./delete-memories.js";

export function Transfer() {
  return html`
    <div class="lead"><h1>${t("transfer")}</h1></div>
    <${Import} />
    <div class="columns">
      <section class="card"><h2>${t("export")}</h2><p>${t("export_lead")}</p>
        <div class="buttons left"><${Action} class="quiet" run=${() => download("/export", { format: "jsonl" }, "memory.jsonl")}>${t("export_jsonl")}</${Action}>
          <${Action} class="quiet" run=${() => download("/export", { format: "markdown" }, "memory.zip")}>${t("export_markdown")}</${Action}></div></section>
      <section class="card"><h2>${t("backup")}</h2><p>${t("backup_lead")}</p>
        <div class="buttons left"><${Action} class="quiet" run=${() => download("/backup", {}, "memory-backup.sqlite3")}>${t("download_backup")}</${Action}></div></section>
    </div>`;
}

function Import() {
  const [file, setFile] = useState(null);
  const [look, setLook] = useState(null);
  const [done, setDone] = useState(null);
  const [busy, setBusy] = useState("");
  const [error, setError] = useState(null);
  const [isOver, setIsOver] = useState(false);
  const input = useRef(null);
  const during = async (sentence, work) => {
    setBusy(sentence);
    setError(null);
    try {
      await work();
    } catch (problem) {
      setError(problem);
    }
    setBusy("");
  };
  const take = (chosen) => chosen && during(t("reading", { name: chosen.name }), async () => {
    setFile(chosen);
    setDone(null);
    setLook(null);
    setLook(await upload("/import", chosen, { dry_run: true }));
  });
  const takeIn = () => during(t("taking_in"), async () => {
    setDone(await upload("/import", file));
    setLook(null);
  });
  return html`<section class=${`card drop ${isOver ? "over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setIsOver(true); }} onDragLeave=${() => setIsOver(false)}
      onDrop=${(event) => { event.preventDefault(); setIsOver(false); take(event.dataTransfer.files[0]); }}>
    <h2>${t("import")}</h2>
    <p>${t("import_lead")}</p>
    <input type="file" class="hidden" tabindex="-1" aria-label=${t("choose_file")} ref=${input} onChange=${(event) => { take(event.target.files[0]); event.target.value = ""; }} />
    <div class="buttons left"><button class="main" disabled=${Boolean(busy)} onClick=${() => input.current.click()}>${t("choose_file")}</button></div>
    <div aria-live="polite">
      ${busy && html`<label class="progress"><span>${busy}</span><progress></progress></label>`}
      <${Problem} error=${error} />
      ${look && html`<${Recognised} look=${look} name=${file.name} onTake=${takeIn} busy=${Boolean(busy)} />`}
      ${done && html`<p class="well">${t("taken_in", { messages: count("messages", amount(done.messages)), memories: count("memories", amount(done.memories)) })}</p>`}
    </div>
  </section>`;
}

function Recognised({ look, name, onTake, busy }) {
  const fresh = (look.new_messages ?? 0) + (look.new_memories ?? 0);
  return html`<div>
    <p><strong><${Said} text=${name} /></strong>: ${t("recognised", { format: look.format ?? "" })} ${t("would_be_new", { messages: count("messages", amount(look.messages)), memories: count("memories", amount(look.memories)), fresh })}</p>
    ${fresh ? html`<button class="main" disabled=${busy} onClick=${onTake}>${t("take_in")}</button>` : html`<p class="faint">${t("import_empty")}</p>`}
  </div>`;
}
