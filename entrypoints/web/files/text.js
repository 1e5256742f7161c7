// A text of a message. Markdown is shown as text until its library is there; a long text in part, until all is wanted.
import { pause } from "./api.js";
import { button, el, nextFrame } from "./dom.js";
import { GrowingMarkdown } from "./growing.js";
import { blocksOf, fragmentOf, isLoaded, load } from "./markdown.js";

const LONG = 100_000;
const SHOWN_OF_LONG = 10_000;
const PATIENCE = 3; // seconds that the end of a reply waits for the library

export class TextView {
  // `isFormatted`: the text is Markdown.
  constructor(isFormatted) {
    this.isFormatted = isFormatted;
    this.element = el("div", { class: "text", dir: "auto" });
    this.text = "";
  }

  get isLong() {
    return this.text.length > LONG;
  }

  show(text) {
    this.text = text;
    if (this.isLong) this.showPart();
    else this.element.textContent = text;
    if (!this.isLong && this.isFormatted) this.format();
    return this;
  }

  showPart() {
    const rest = Math.ceil((this.text.length - SHOWN_OF_LONG) / 1000).toLocaleString();
    const whole = button(`Show the rest (${rest} thousand characters)`, () => {
      this.element.textContent = this.text;
    });
    this.element.replaceChildren(`${this.text.slice(0, SHOWN_OF_LONG)}… `, whole);
  }

  async format() {
    if (isLoaded() || (await load())) {
      this.element.classList.add("markdown");
      this.element.replaceChildren(fragmentOf(blocksOf(this.text)));
    }
  }

  // Adds to a text that is being said; what comes within a frame of the screen is drawn at once.
  append(text) {
    this.text += text;
    this.growing?.add(text);
    this.drawSoon();
    if (this.isFormatted && !isLoaded()) this.loading ??= load().then(() => this.drawSoon());
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => !this.ended && this.draw() && this.drawSoon());
  }

  // Draws what fits into a frame; true if there is more.
  draw() {
    this.frame = null;
    if (!this.isFormatted || !isLoaded()) return this.drawText();
    this.growing ??= this.startFormatting();
    return this.growing.draw();
  }

  drawText() {
    const { firstChild } = this.element;
    if (firstChild) firstChild.appendData(this.text.slice(firstChild.length));
    else this.element.append(this.text);
    return false;
  }

  startFormatting() {
    this.element.classList.add("markdown");
    this.element.replaceChildren();
    const growing = new GrowingMarkdown(this.element);
    growing.add(this.text);
    return growing;
  }

  // Draws what is left of a text that is whole.
  finish() {
    this.ended ??= this.drawRest();
    return this.ended;
  }

  async drawRest() {
    if (this.isFormatted && this.text && !isLoaded()) {
      this.draw();
      await Promise.race([load(), pause(PATIENCE)]);
      if (!isLoaded()) {
        if (!this.isLong) this.format();
        return;
      }
    }
    do await nextFrame();
    while (this.draw());
    if (!this.isLong) this.growing?.finish(this.text);
    this.growing = null;
  }
}
