// A text of a message. A long one is shown in part, until people ask for the rest.
import { button, el } from "./dom.js";

const LONG = 20_000;
const SHOWN_OF_LONG = 8_000;

export class TextView {
  // `isFormatted`: the text is Markdown.
  constructor(isFormatted) {
    this.isFormatted = isFormatted;
    this.element = el("div", { class: "text", dir: "auto" });
  }

  show(text) {
    if (text.length <= LONG) this.element.textContent = text;
    else this.showPart(text);
    return this;
  }

  showPart(text) {
    const rest = Math.ceil((text.length - SHOWN_OF_LONG) / 1000).toLocaleString();
    const whole = button(`Show the rest (${rest} thousand characters)`, () => {
      this.element.textContent = text;
    });
    this.element.replaceChildren(`${text.slice(0, SHOWN_OF_LONG)}… `, whole);
  }
}
