// A text of a message. A long one is shown in part, until people ask for the rest.
import { button, el } from "./dom.js";

const LONG = 20_000;
const SHOWN_OF_LONG = 8_000;

export class TextView {
  // `isFormatted`: the text is Markdown.
  constructor(isFormatted) {
    this.isFormatted = isFormatted;
    this.element = el("div", { class: "text", dir: "auto" });
    this.text = "";
    this.shown = 0;
  }

  show(text) {
    this.text = text;
    if (text.length <= LONG) this.element.textContent = text;
    else this.showPart();
    return this;
  }

  showPart() {
    const rest = Math.ceil((this.text.length - SHOWN_OF_LONG) / 1000).toLocaleString();
    const whole = button(`Show the rest (${rest} thousand characters)`, () => {
      this.element.textContent = this.text;
    });
    this.element.replaceChildren(`${this.text.slice(0, SHOWN_OF_LONG)}… `, whole);
  }

  // Adds to a text that is being said; what comes within a frame of the screen is drawn at once.
  append(text) {
    this.text += text;
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    const added = this.text.slice(this.shown);
    if (this.element.firstChild) this.element.firstChild.appendData(added);
    else this.element.append(added);
    this.shown = this.text.length;
  }

  finish() {
    if (this.frame) cancelAnimationFrame(this.frame);
    this.draw();
  }
}
