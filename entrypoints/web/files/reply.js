// A reply that is being made: it grows as its chunks come.
import { el } from "./dom.js";
import { fillResult, newCall, showArguments, statusOf, timeElement } from "./message.js";
import { TextView } from "./text.js";

export class LiveReply {
  constructor() {
    this.body = el("div", { class: "body" });
    this.dots = el("div", { class: "waiting", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    const header = el("header", {}, el("h2", { class: "who", text: "Assistant" }), timeElement(new Date().toISOString()));
    this.element = el("article", { class: "assistant", "data-status": "in_progress", "aria-busy": "true" }, header, this.body, this.dots);
    this.parts = new Map();
    this.outcome = null;
    this.lastText = null;
  }

  // What was said last, for a screen reader.
  get said() {
    return this.lastText?.text ?? "";
  }

  get texts() {
    return [...this.parts.values()].filter((part) => part instanceof TextView);
  }

  // Gives away the view of a text that was said, if that is drawn whole.
  takeView(text) {
    const isIt = (part) => part instanceof TextView && part.isFormatted && !part.isLong && part.text === text;
    const [id, view] = [...this.parts].find(([, part]) => isIt(part)) ?? [];
    this.parts.delete(id);
    return view;
  }

  take(chunk) {
    const part = this.parts.get(chunk.id ?? chunk.toolCallId);
    switch (chunk.type) {
      case "text-start":
        this.lastText = new TextView(true);
        return this.put(chunk.id, this.lastText, this.lastText.element);
      case "reasoning-start": {
        const view = new TextView(false);
        const summary = el("summary", {}, el("bdi", { text: "Thinking" }), el("span", { class: "state" }));
        return this.put(chunk.id, view, el("details", { class: "thought" }, summary, el("div", {}, view.element)));
      }
      case "text-delta":
      case "reasoning-delta":
        return part?.append(chunk.delta);
      case "text-end":
      case "reasoning-end":
        return part?.finish();
      case "tool-input-start": {
        const call = newCall(chunk.toolCallId, chunk.toolName);
        return this.put(chunk.toolCallId, call, call);
      }
      case "tool-input-available":
        return part && showArguments(part, JSON.stringify(chunk.input));
      case "tool-input-error":
        return part && showArguments(part, String(chunk.input));
      case "tool-output-available":
        return part && fillResult(part, chunk.output);
      case "message-metadata":
      case "finish":
        this.outcome = chunk.messageMetadata?.finish_reason ?? this.outcome;
    }
  }

  put(id, part, element) {
    this.parts.set(id, part);
    this.body.append(element);
  }

  // Says that it does not come at the moment; "" when it does again.
  hold(text) {
    this.element.querySelector(":scope > .status")?.remove();
    if (text) this.element.append(statusOf("incomplete", text));
  }

  // Ends it as it is; waits until all of it is drawn.
  async end() {
    this.dots.remove();
    await Promise.all(this.texts.map((part) => part.finish()));
    this.element.removeAttribute("aria-busy");
  }
}
