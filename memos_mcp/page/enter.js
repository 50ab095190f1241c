// Lets in who has the page open. It runs before the rest of the page is there, and asks for what Home shows at once.
import { askAhead, signIn, wayIn } from "./api.js";

// A link's secret is in the part of the address that is never sent; it is taken out of the address bar at once.
export async function enter() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("open");
  if (!secret) return wayIn();
  history.replaceState(null, "", `${location.pathname}#/home`);
  dispatchEvent(new HashChangeEvent("hashchange"));
  try {
    return await signIn({ link: secret });
  } catch (refused) {
    const found = await wayIn();
    return found.signed_in ? found : { ...found, refused };
  }
}

export const entered = enter();

entered.then((found) => {
  if (found.signed_in && ["", "#/", "#/home"].includes(location.hash)) askAhead("/home", "/status");
}, () => {});
