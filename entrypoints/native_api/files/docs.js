// Draws the API's documentation with Swagger UI, signed in by the token of the link's fragment if it has one.

const LINK = "#token=";
const token = location.hash.startsWith(LINK) && location.hash.slice(LINK.length); // the service decodes it
if (token) history.replaceState(null, "", location.pathname); // neither seen, nor bookmarked, nor shared

const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const ui = SwaggerUIBundle({
  domNode: document.getElementById("docs"),
  url: "/openapi.json",
  deepLinking: true,
  validatorUrl: null, // no other host is asked
  onComplete: () => token && ui.preauthorizeApiKey("session", token),
});
