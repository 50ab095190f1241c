// The page: who is let in, which view the address names, what is live.
import { html, render, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";
import { listen, signOut, whenSignedOut } from "./api.js";
import { enter, entered } from "./enter.js";
import { Problem, Toasts } from "./parts.js";
import { language, t } from "./words.js";
import { Home } from "./views/home.js";
import { SignIn } from "./views/sign-in.js";

// Views beside the home are loaded when they are first wanted, or a little later.
const NAMES = ["home", "search", "memories", "conversations", "forget", "transfer", "settings"];
const SINGLE = { memories: "memory", conversations: "conversation" };
const loaded = { home: Home };
const LATER = 2000;

async function load(name) {
  const module = await import(`./views/${name}.js`);
  loaded[name] ??= module[name[0].toUpperCase() + name.slice(1)];
}

function useView(name) {
  const [{ error }, look] = useState({});
  const want = () => loaded[name] ?? load(name).then(() => look({}), (problem) => look({ error: problem }));
  useEffect(() => { want(); }, [name]);
  useEffect(() => {
    const timer = setTimeout(() => [...NAMES, ...Object.values(SINGLE)].forEach((other) => load(other).catch(() => {})), LATER);
    return () => clearTimeout(timer);
  }, []);
  return [loaded[name], loaded[name] ? null : error, want];
}
const SETTLE = 400;

document.documentElement.lang = language;

// `#/memories/k12?text=cat` is the view `memories` of `k12`, filtered.
function placeOf(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [view, id = ""] = path.split("/");
  return { view: NAMES.includes(view) ? view : "home", id: decodeURIComponent(id), query: Object.fromEntries(new URLSearchParams(query)) };
}

function usePlace() {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  useLayoutEffect(() => {
    const moved = () => setPlace(placeOf(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return place;
}

function useLive(signedIn) {
  const [live, setLive] = useState(true);
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    if (!signedIn) return undefined;
    let timer = null;
    const stop = listen((told) => {
      if ("live" in told) setLive(told.live);
      if (!told.changed || timer) return;
      timer = setTimeout(() => { timer = null; setChanges((number) => number + 1); }, SETTLE);
    });
    return () => { clearTimeout(timer); stop(); };
  }, [signedIn]);
  return { live, changes };
}

function App({ first }) {
  const [{ way, error }, setEntry] = useState(first);
  const place = usePlace();
  const signedIn = Boolean(way?.signed_in);
  const { live, changes } = useLive(signedIn);
  const look = () => settled(enter()).then(setEntry);
  useEffect(() => whenSignedOut(look), []);
  if (!way) return html`<main class="alone"><${Problem} error=${error} retry=${look} /></main>`;
  if (!signedIn) return html`<${SignIn} way=${way} onSignedIn=${look} />`;
  return html`<${Shell} place=${place} live=${live} changes=${changes} way=${way} onLeave=${() => signOut().then(look)} />`;
}

function settled(entering) {
  return entering.then((way) => ({ way }), (error) => ({ error }));
}

function Shell({ place, live, changes, way, onLeave }) {
  const main = useRef(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${t(place.view)} · ${t("title")}`;
    if (!first.current && !main.current.contains(document.activeElement)) main.current.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [place.view, place.id]);
  useEffect(() => {
    const typed = (event) => {
      const field = event.target.closest?.("input, textarea, select, dialog");
      if (event.key === "/" && !field && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        location.hash = "#/search";
      }
    };
    addEventListener("keydown", typed);
    return () => removeEventListener("keydown", typed);
  }, []);
  const [View, error, retry] = useView((place.id && SINGLE[place.view]) || place.view);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.focus(); }}>${t("skip")}</a>
    <header class="side">
      <a class="brand" href="#/home"><img src="page/icon.svg" alt="" width="28" height="28" /><span>${t("title")}</span></a>
      <nav aria-label=${t("menu")}>
        ${NAMES.filter((name) => name !== "settings" || way.at_machine).map((name) => html`<a key=${name} href=${`#/${name}`} aria-current=${name === place.view ? "page" : null}>${t(name)}</a>`)}
      </nav>
      <div class="side-end">
        <span class=${live ? "live" : "live off"} title=${live ? null : t("not_live_why")}>${live ? t("live") : t("not_live")}</span>
        ${way.way === "visit" && html`<button class="quiet" onClick=${onLeave}>${t("sign_out")}</button>`}
      </div>
    </header>
    <main id="main" tabindex="-1" ref=${main}>
      <${Problem} error=${error && { message: "" }} retry=${retry} />
      ${View && html`<${View} key=${`${place.view}/${place.id}?${JSON.stringify(place.query)}`} id=${place.id} query=${place.query} changes=${changes} atMachine=${way.at_machine} />`}
    </main>
    <${Toasts} />`;
}

render(html`<${App} first=${await settled(entered)} />`, document.getElementById("app"));
