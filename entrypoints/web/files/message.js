// A message as it is shown: who says it, when, and what; tool calls are folded.
import { el, icon } from "./dom.js";
import { TextView } from "./text.js";
import { timeOf, wholeTimeOf } from "./times.js";

const NAMES = { user: "You", assistant: "Assistant", system: "System", developer: "Developer", tool: "Tool" };
const STATUSES = {
  incomplete: "This reply was ended before it was complete.",
  failed: "This reply failed.",
  in_progress: "This reply is still being made.",
};
const SHOWN_IMAGES = /^data:image\/(?:png|jpeg|gif|webp);base64,/i;
const LINKS = /^https?:\/\//i;

// `live` is the reply that the message has come from, if that is shown: its texts are not drawn again.
export const articleOf = (message, live) => {
  const { id, role, status, created_at: time, name } = message;
  const body = el("div", { class: "body" });
  const article = el(
    "article",
    { class: role, id, "data-status": status },
    el("header", {}, el("h2", { class: "who", dir: "auto", text: name || NAMES[role] }), timeElement(time)),
    body,
  );
  body.append(...contentOf(message, live), ...(message.tool_calls ?? []).map(callOf));
  if (STATUSES[status]) article.append(statusOf(status, STATUSES[status]));
  return article;
};

export const timeElement = (time) => el("time", { datetime: time, title: wholeTimeOf(time), text: timeOf(time) });

export const statusOf = (status, text) => el("p", { class: `status ${status}` }, icon("alert"), el("span", { text }));

const contentOf = ({ role, content, item }, live) => {
  if (typeof content === "string") return content ? [(live?.takeView(content) ?? new TextView(role === "assistant").show(content)).element] : [];
  if (Array.isArray(content)) return content.map((part) => partOf(part, role)).filter(Boolean);
  return item ? [el("p", { class: "quiet", text: `A step without text (${String(item.type).replaceAll("_", " ")}).` })] : [];
};

const partOf = (part, role) => {
  const text = part.text ?? part.refusal;
  if (typeof text === "string") return new TextView(role === "assistant").show(text).element;
  const url = part.image_url?.url ?? "";
  if (SHOWN_IMAGES.test(url)) return el("img", { src: url, alt: "An image in this message", loading: "lazy" });
  if (LINKS.test(url)) return el("p", {}, linkTo(url, "An image on another site"));
  return el("p", { class: "quiet", text: part.file?.filename ? `A file: ${part.file.filename}` : "A part that is not shown here." });
};

export const linkTo = (url, text) => el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow", text });

// A tool call: its name, and folded below it what it was asked and what came of it.
export const callOf = (call) => {
  const details = newCall(call.id, call.function?.name ?? call.custom?.name);
  showArguments(details, call.function?.arguments ?? call.custom?.input ?? "");
  return details;
};

export const newCall = (id, name) =>
  el(
    "details",
    { class: "call", "data-call": id },
    el("summary", {}, icon("tool"), el("bdi", { text: name ?? "A tool" }), el("span", { class: "state", text: "called" })),
    el("div", { class: "asked" }),
    el("div", { class: "answered" }),
  );

// The arguments by their names; what is no JSON object is shown as the text that it is.
export const showArguments = (details, text) => {
  let given = null;
  try {
    given = JSON.parse(text || "{}");
  } catch {
    // a model may write anything
  }
  const isNamed = given && typeof given === "object" && !Array.isArray(given);
  const rows = isNamed ? Object.entries(given) : [["input", text]];
  details.querySelector(".asked").replaceChildren(
    el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt", { text: name }), el("dd", { text: plain(value) })])),
  );
};

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

export const fillResult = (details, content) => {
  const text = typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join("\n");
  details.querySelector(".state").textContent = "done";
  details.querySelector(".answered").replaceChildren(el("strong", { text: "Result" }), new TextView(false).show(text).element);
};
