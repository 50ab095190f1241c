// Calls of the engine. A request shows the cookie, which the browser keeps, and the page's token, which this origin keeps.

const KEPT = "memos.page_token";

export class Refused extends Error {
  constructor(sentence, status) {
    super(sentence);
    this.status = status;
  }
}

// A browser takes its time to open the storage of an origin: it is read when it is needed, and written later.
let pageToken;
let onSignedOut = () => {};

export function whenSignedOut(then) {
  onSignedOut = then;
}

function headers(more = {}) {
  pageToken ??= localStorage.getItem(KEPT) ?? "";
  return pageToken ? { "x-memos-page": pageToken, ...more } : more;
}

function send(path, options = {}) {
  return ask(path, { ...options, headers: headers(options.headers) });
}

async function ask(path, options) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("", 0);
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  if (answer.status === 401 && path !== "sign-in") onSignedOut();
  throw new Refused(told.error ?? told.message ?? `${answer.status}`, answer.status);
}

function addressOf(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(given).toString();
  return `api/v1${path}${text && `?${text}`}`;
}

const ahead = new Map();

// Asks before a view does, which then gets this answer once.
export function askAhead(...paths) {
  for (const path of paths) {
    const answer = get(path);
    answer.catch(() => {});
    ahead.set(addressOf(path), answer);
  }
}

export async function get(path, query, signal) {
  const address = addressOf(path, query);
  const asked = ahead.get(address);
  ahead.delete(address);
  return asked ?? (await send(address, { signal })).json();
}

export async function write(method, path, body = {}, query = {}) {
  const answer = await send(addressOf(path, query), {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.status === 204 ? {} : answer.json();
}

// Sends a file and tells how much of it has been sent, which `fetch` cannot.
export function upload(path, file, query, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", addressOf(path, query));
    for (const [name, value] of Object.entries(headers({ "content-type": "application/octet-stream" }))) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = (event) => onSent(event.loaded, event.total);
    request.onerror = () => reject(new Refused("", 0));
    request.onload = () => {
      if (request.status === 401) onSignedOut();
      if (request.status < 400) resolve(request.response);
      else reject(new Refused(request.response?.error ?? `${request.status}`, request.status));
    };
    request.send(file);
  });
}

export async function download(path, query, name) {
  const answer = await send(addressOf(path, query));
  const address = URL.createObjectURL(await answer.blob());
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export async function wayIn() {
  return (await send("sign-in")).json();
}

export async function signIn(shown) {
  const sent = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(shown) };
  const told = await (await ask("sign-in", sent)).json();
  pageToken = told.page_token;
  setTimeout(() => localStorage.setItem(KEPT, pageToken));
  return told;
}

export async function signOut() {
  await send("sign-out", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  pageToken = "";
  localStorage.removeItem(KEPT);
}

// Server-sent events, read by hand: an EventSource cannot show the page's token.
export function listen(then) {
  const ended = new AbortController();
  const live = async () => {
    let pause = 1000;
    while (!ended.signal.aborted) {
      try {
        const answer = await send("api/v1/events", { signal: ended.signal, headers: { accept: "text/event-stream" } });
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        pause = 1000;
        then({ live: true });
        await readEvents(reader, then);
      } catch (error) {
        if (error.name === "AbortError" || error.status === 401) return;
      }
      then({ live: false });
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(pause * 2, 30_000);
    }
  };
  live();
  return () => ended.abort();
}

async function readEvents(reader, then) {
  let waiting = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (waiting + value.replaceAll("\r\n", "\n")).split("\n\n");
    waiting = blocks.pop();
    if (blocks.some((block) => block.split("\n").some((line) => line.startsWith("data:")))) then({ changed: true });
  }
}
