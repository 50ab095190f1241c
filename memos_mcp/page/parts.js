// What several views are made of. Stored text is only ever a text node.
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { Refused } from "./api.js";
import { count, exactTime, relativeTime, t } from "./words.js";

const MARKS = /([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u;

// Text that somebody once wrote: isolated from what stands around it, in its own direction, with the marks that would
// turn it around shown and not obeyed.
export function Said({ text, as = "span", ...others }) {
  const pieces = String(text ?? "").split(MARKS);
  const shown = pieces.map((piece, index) =>
    index % 2 ? html`<span class="mark" title=${t("mark")}>U+${piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}</span>` : piece,
  );
  return html`<${as} dir="auto" ...${others} class=${`said ${others.class ?? ""}`}>${shown}</${as}>`;
}

export function When({ time }) {
  return time ? html`<time datetime=${new Date(time).toISOString()} title=${exactTime(time)}>${relativeTime(time)}</time>` : null;
}

export function Chip({ kind, children }) {
  return html`<span class=${`chip chip-${kind ?? "plain"}`}>${children}</span>`;
}

export function Problem({ error, retry }) {
  if (!error) return null;
  return html`<div class="problem" role="alert">
    <p>${error.message || t("unreachable")}</p>
    ${retry && html`<button class="quiet" onClick=${retry}>${t("retry")}</button>`}
  </div>`;
}

export function Nothing({ children }) {
  return html`<p class="nothing">${children}</p>`;
}

// Loads when `keys` change, and anew when something was changed; what was shown stays until the new is there. It asks
// before the browser paints, not after.
export function useLoad(load, keys) {
  const [state, setState] = useState({ data: null, error: null, loading: true });
  const [again, setAgain] = useState(0);
  const reload = useCallback(() => setAgain((number) => number + 1), []);
  useLayoutEffect(() => {
    const stopped = new AbortController();
    setState((before) => ({ ...before, loading: true }));
    load(stopped.signal).then(
      (data) => stopped.signal.aborted || setState({ data, error: null, loading: false }),
      (error) => {
        if (stopped.signal.aborted || error.name === "AbortError") return;
        if (!(error instanceof Refused)) console.error(error);
        setState((before) => ({ ...before, error, loading: false }));
      },
    );
    return () => stopped.abort();
  }, [...keys, again]);
  return { ...state, reload };
}

export function useLater(value, milliseconds) {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return later;
}

// A memory's text, which leads to it.
export function ToMemory({ memory }) {
  return html`<a class="line" href=${`#/memories/${encodeURIComponent(memory.memory_id)}`}><${Said} text=${memory.value} /></a>`;
}

// The way to the page before and the next; `cursors` leads to the one that is shown.
export function Pages({ label, cursors, next, onTurn, children }) {
  return html`<nav class="pages" aria-label=${label}>
    <button class="quiet" disabled=${cursors.length === 1} onClick=${() => onTurn(cursors.slice(0, -1))}>${t("previous")}</button>
    ${children}
    <button class="quiet" disabled=${!next} onClick=${() => onTurn([...cursors, next])}>${t("next")}</button>
  </nav>`;
}

// A question over the page; the browser keeps the focus inside it and gives it back. What it asks for is done by `run`.
export function Dialog({ title, onClose, children, no = t("cancel"), yes, run, kind = "main danger", disabled }) {
  const element = useRef(null);
  useEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    return () => dialog.open && dialog.close();
  }, []);
  return html`<dialog ref=${element} aria-labelledby="dialog-title" onCancel=${onClose} onClick=${(event) => event.target === element.current && onClose()}>
    <div class="dialog-body">
      <h2 id="dialog-title">${title}</h2>
      ${children}
      <div class="buttons"><button class="quiet" onClick=${onClose}>${no}</button>
        <${Action} class=${kind} run=${run} disabled=${disabled}>${yes}</${Action}></div>
    </div>
  </dialog>`;
}

// A button that waits for what it does, and says under itself why it could not.
export function Action({ run, children, ...others }) {
  const [state, setState] = useState({ busy: false, error: null });
  const alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const start = async () => {
    setState({ busy: true, error: null });
    let error = null;
    try {
      await run();
    } catch (problem) {
      if (!(problem instanceof Refused)) console.error(problem);
      error = problem;
    }
    if (alive.current) setState({ busy: false, error });
  };
  return html`<span class="action">
    <button type="button" ...${others} disabled=${state.busy || others.disabled} aria-busy=${state.busy} onClick=${start}>${children}</button>
    <${Problem} error=${state.error} />
  </span>`;
}

export function Field({ label, children, wide }) {
  return html`<label class=${wide ? "field wide" : "field"}><span>${label}</span>${children}</label>`;
}

export function Choice({ label, value, options, onChange }) {
  return html`<${Field} label=${label}>
    <select value=${value} onChange=${(event) => onChange(event.target.value)}>
      ${options.map(([key, name]) => html`<option value=${key} selected=${key === value}>${name}</option>`)}
    </select>
  </${Field}>`;
}

// What will go, in one look: numbers and the first few texts.
export function Hanging({ of: { memories = [], messages = [], deleted_memories: ids = memories, deleted_messages: said = messages } }) {
  const first = [...memories.map((one) => [one.memory_id, one.value]), ...messages.map((one) => [one.message_id, one.content])].slice(0, 6);
  const more = ids.length + said.length - first.length;
  return html`<div class="hanging" tabindex="0">
    <p>${count("messages", said.length)}, ${count("memories", ids.length)}</p>
    <ul>${first.map(([id, text]) => html`<li key=${id}><${Said} text=${shorten(text, 160)} /></li>`)}</ul>
    ${more > 0 && html`<p class="faint">${t("and_more", { n: more })}</p>`}
  </div>`;
}

// A text for where there can be no element, such as a label: in one line, without those marks.
export function plain(text, most) {
  return shorten(String(text ?? "").replace(new RegExp(MARKS, "gu"), "").replace(/\s+/g, " "), most);
}

export function shorten(text, most) {
  const letters = [...String(text ?? "")];
  return letters.length > most ? `${letters.slice(0, most).join("")}…` : letters.join("");
}

let tell = () => {};

export function toast(sentence, undo) {
  tell({ sentence, undo, at: Date.now() });
}

export function Toasts() {
  const [told, setTold] = useState(null);
  tell = setTold;
  useEffect(() => {
    if (!told) return undefined;
    const timer = setTimeout(() => setTold(null), told.undo ? 10_000 : 5_000);
    return () => clearTimeout(timer);
  }, [told]);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${told && html`<div class="toast"><span>${told.sentence}</span>
      ${told.undo && html`<button class="quiet" onClick=${() => { setTold(null); told.undo(); }}>${t("undo")}</button>`}</div>`}
  </div>`;
}
