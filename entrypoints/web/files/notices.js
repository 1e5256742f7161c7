// What the page tells people: beside what they do, above what they write, or to a screen reader alone.
import { button, el, find, icon } from "./dom.js";

const SHOWN = 10_000;

// Tells a screen reader.
export const announce = (text) => {
  find("announcer").textContent = text;
};

// Something that was done, and how to take it back; goes away by itself, and then calls `after`.
export const tell = (text, { undo, after } = {}) => {
  const end = (act) => {
    clearTimeout(timer);
    notice.remove();
    act?.();
  };
  const timer = setTimeout(() => end(after), SHOWN);
  const notice = el("div", { class: "notice", role: "status" }, el("span", { text, dir: "auto" }));
  if (undo) notice.append(button("Undo", () => end(undo)));
  else notice.append(button("", () => end(after), { class: "icon", "aria-label": "Close" }));
  if (!undo) notice.lastChild.append(icon("close"));
  find("notices").append(notice);
  return { end: () => end(after) };
};

// What stands in the way, above the composer, until it is over; `actions` are elements.
export const warn = ({ title, advice, actions = [] }) => {
  find("banner").replaceChildren(
    icon("alert"),
    el("p", {}, el("strong", { text: title }), el("span", { text: advice })),
    ...actions,
    el("button", { type: "button", class: "icon", "aria-label": "Close", onclick: clearWarning }, icon("close")),
  );
};

export const clearWarning = () => find("banner").replaceChildren();

// Asks before something that is hard to take back; true if the answer is yes.
export const ask = ({ title, text, yes }) =>
  new Promise((resolve) => {
    const dialog = find("question");
    dialog.replaceChildren(
      el("h2", { id: "question-title", text: title }),
      el("p", { text, dir: "auto" }),
      el(
        "div",
        { class: "answers" },
        button("Cancel", () => dialog.close(""), { autofocus: true }),
        button(yes, () => dialog.close("yes"), { class: "danger" }),
      ),
    );
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
