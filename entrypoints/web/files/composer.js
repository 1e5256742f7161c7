// Where people write. What they write is kept for each conversation, until it is sent.
import { find } from "./dom.js";
import { announce } from "./notices.js";
import { forget, keep, kept } from "./storage.js";

// dir="auto" on a text field takes browsers minutes for a long line.
const BEGINS_RIGHT_TO_LEFT = /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/u;

const nameOf = (place) => `draft:${place}`;

export class Composer {
  constructor({ onSend, onStop }) {
    this.onSend = onSend;
    this.draft = find("draft");
    this.place = "";
    this.isRunning = false;
    this.draft.addEventListener("input", () => this.changed());
    this.draft.addEventListener("keydown", (event) => this.pressed(event));
    find("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    find("stop").addEventListener("click", onStop);
  }

  // Goes to the draft of a conversation; "" is that of a new one.
  open(place) {
    this.place = place;
    this.set(kept(nameOf(place)) ?? "");
    if (matchMedia("(pointer: fine)").matches) this.draft.focus({ preventScroll: true });
  }

  // Takes the draft along, when a new conversation gets its id.
  moveTo(place) {
    forget(nameOf(this.place));
    this.place = place;
    this.changed();
  }

  set(text) {
    this.draft.value = text;
    this.changed();
  }

  // Gives back what could not be sent, before what was written since.
  giveBack(text) {
    this.set([text, this.draft.value].filter(Boolean).join("\n"));
    this.draft.focus();
  }

  changed() {
    const text = this.draft.value;
    if (text) keep(nameOf(this.place), text);
    else forget(nameOf(this.place));
    this.draft.dir = BEGINS_RIGHT_TO_LEFT.test(text.slice(0, 200)) ? "rtl" : "ltr";
    find("send").disabled = !text.trim();
    if (!CSS.supports("field-sizing", "content")) {
      this.draft.style.height = "auto";
      this.draft.style.height = `${this.draft.scrollHeight + 2}px`;
    }
  }

  pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.send();
  }

  send() {
    const text = this.draft.value;
    if (!text.trim()) return;
    if (this.isRunning) return announce("A reply is running. Stop it, or wait for its end.");
    this.set("");
    this.onSend(text);
  }

  // While a reply runs it can be stopped, and nothing else be sent.
  setRunning(isRunning) {
    const hadFocus = [find("send"), find("stop")].includes(document.activeElement);
    this.isRunning = isRunning;
    find("stop").disabled = false;
    find("stop").hidden = !isRunning;
    find("send").hidden = isRunning;
    if (hadFocus) this.draft.focus();
  }
}
