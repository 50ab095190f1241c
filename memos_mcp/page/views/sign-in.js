import { html, useState } from "../vendor/preact.js";
import { signIn } from "../api.js";
import { Field, Problem } from "../parts.js";
import { t } from "../words.js";

export function SignIn({ way, onSignedIn }) {
  const [token, setToken] = useState("");
  const [whose, setWhose] = useState("");
  const [asksWhose, setAsksWhose] = useState(false);
  const [error, setError] = useState(way.refused);
  const enter = async (event) => {
    event.preventDefault();
    try {
      await signIn({ token, user_id: whose || null });
      onSignedIn();
    } catch (problem) {
      setAsksWhose(asksWhose || problem.status === 400);
      setError(problem);
    }
  };
  return html`<main class="alone">
    <img src="page/icon.svg" alt="" width="48" height="48" />
    <h1>${t("title")}</h1>
    ${way.way === "token"
      ? html`<form onSubmit=${enter}>
          <p>${t("sign_in_token")}</p>
          <${Field} label=${t("token")}>
            <input type="password" autocomplete="current-password" required value=${token} onInput=${(event) => setToken(event.target.value)} />
          </${Field}>
          ${asksWhose && html`<${Field} label=${t("whose")}>
            <input value=${whose} maxlength="100" onInput=${(event) => setWhose(event.target.value)} />
          </${Field}>`}
          <button class="main">${t("sign_in")}</button>
        </form>`
      : html`<p>${t("sign_in_link")}</p><pre><code>memos-mcp open</code></pre>`}
    <${Problem} error=${error} />
  </main>`;
}
