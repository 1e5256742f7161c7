// Who is signed in: by the token of a link's fragment, or by the cookie that the browser sends.
import { forget, keep, kept } from "./storage.js";

const TOKEN = "token";
const LINK = "#token=";

// Takes the token off the address, so that it is neither seen, nor bookmarked, nor shared; true if there was one.
export const takeToken = () => {
  if (!location.hash.startsWith(LINK)) return false;
  keep(TOKEN, decodeURIComponent(location.hash.slice(LINK.length)));
  history.replaceState(null, "", location.pathname + location.search);
  return true;
};

export const credentials = () => {
  const token = kept(TOKEN);
  return token ? { Authorization: `Bearer ${token}` } : {};
};

// The service refuses the token: from now on the cookie counts, and people may have signed in by it meanwhile.
export const dropToken = () => forget(TOKEN);

export const signInUrl = document.querySelector('meta[name="sign-in-url"]').content;
