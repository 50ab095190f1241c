import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { download, get, upload, write } from "../api.js";
import { Action, Problem, Said, plain } from "../parts.js";
import { count, dayOf, t } from "../words.js";

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

const UNDER_WAY = new Set(["sending", "looking", "taking_in"]);
const EVERY = 300;

// The job of the user, which goes on in the engine whoever looks; it is asked for while it is under way.
function useJob() {
  const [job, setJob] = useState({ state: "none" });
  const [error, setError] = useState(null);
  const follow = (told) => told.then((found) => { setJob(found); setError(null); }, (problem) => { setJob({ state: "none" }); setError(problem); });
  useEffect(() => { follow(get("/import/job")); }, []);
  useEffect(() => {
    if (job.state !== "looking" && job.state !== "taking_in") return undefined;
    const timer = setTimeout(() => follow(get("/import/job")), EVERY);
    return () => clearTimeout(timer);
  }, [job]);
  return { job, error, setJob, follow };
}

function Import() {
  const { job, error, setJob, follow } = useJob();
  const [isOver, setIsOver] = useState(false);
  const input = useRef(null);
  const busy = UNDER_WAY.has(job.state);
  const take = (file) => {
    if (!file || busy) return;
    const sending = (done, total) => setJob((now) => (now.state === "sending" ? { ...now, done, total } : now));
    setJob({ state: "sending", name: file.name, done: 0, total: file.size });
    follow(upload("/import/job", file, { name: file.name.slice(-300) }, sending));
  };
  const run = () => follow(write("POST", "/import/job/run"));
  const cancel = () => follow(write("DELETE", "/import/job"));
  return html`<section class=${`card drop ${isOver ? "over" : ""}`} onDragOver=${(event) => { event.preventDefault(); setIsOver(true); }} onDragLeave=${() => setIsOver(false)}
      onDrop=${(event) => { event.preventDefault(); setIsOver(false); take(event.dataTransfer.files[0]); }}>
    <h2>${t("import")}</h2>
    <p>${t("import_lead")}</p>
    <input type="file" class="hidden" tabindex="-1" aria-label=${t("choose_file")} ref=${input} onChange=${(event) => { take(event.target.files[0]); event.target.value = ""; }} />
    <div class="buttons left"><button class=${job.state === "looked" ? "quiet" : "main"} disabled=${busy} onClick=${() => input.current.click()}>${t("choose_file")}</button></div>
    <${Problem} error=${error} />
    ${busy && html`<${Progress} job=${job} onCancel=${cancel} />`}
    <div aria-live="polite">
      ${job.state === "looked" && html`<${Recognised} found=${job.found} name=${job.name} onTake=${run} onDrop=${cancel} />`}
      ${job.state === "done" && html`<p class="well">${t("taken_in", { messages: count("messages", job.found.messages), memories: count("memories", job.found.memories) })}</p>`}
      ${job.state === "cancelled" && html`<p>${t("import_cancelled")}</p>`}
      ${job.state === "failed" && html`<${Problem} error=${{ message: job.error }} />`}
    </div>
  </section>`;
}

function Progress({ job, onCancel }) {
  const share = job.total ? job.done / job.total : 0;
  return html`<div class="progress">
    <label><span>${t(job.state, { name: plain(job.name, 80) })} ${job.total > 0 && html`<strong>${t("percent", { n: Math.floor(share * 100) })}</strong>`}</span>
      <progress max="1" value=${share}></progress></label>
    ${job.state !== "sending" && html`<${Action} class="quiet" run=${onCancel}>${t("cancel")}</${Action}>`}
  </div>`;
}

function Recognised({ found, name, onTake, onDrop }) {
  const fresh = found.new_messages + found.new_memories;
  const span = { first: found.first_time && dayOf(found.first_time), last: found.last_time && dayOf(found.last_time) };
  return html`<div class="recognised">
    <p><strong><${Said} text=${name} /></strong> ${t("recognised", { format: found.format })}</p>
    <ul class="plain">
      <li>${t("holds", { messages: count("messages", found.messages), memories: count("memories", found.memories) })}${span.first && ` ${t("spans", span)}`}</li>
      <li><strong>${t("would_be_new", { messages: count("messages", found.new_messages), memories: count("memories", found.new_memories) })}</strong></li>
      ${found.left_out > 0 && html`<li class="faint">${t("left_out", { n: found.left_out })}</li>`}
    </ul>
    ${!fresh && html`<p class="faint">${t("import_empty")}</p>`}
    <div class="buttons left">${fresh > 0 && html`<${Action} class="main" run=${onTake}>${t("take_in")}</${Action}>`}
      <${Action} class="quiet" run=${onDrop}>${t("cancel")}</${Action}></div>
  </div>`;
}
