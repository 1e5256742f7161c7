// A text of a message. Markdown is shown as text until its library is there; a long text in part, until all is wanted.
import { button, el } from "./dom.js";
import { blocksOf, fragmentOf, isLoaded, load } from "./markdown.js";

const LONG = 100_000;
const SHOWN_OF_LONG = 10_000;
const LONGEST_BLOCK = 50_000;

export class TextView {
  // `isFormatted`: the text is Markdown.
  constructor(isFormatted) {
    this.isFormatted = isFormatted;
    this.element = el("div", { class: "text", dir: "auto" });
    this.text = "";
    this.shown = 0; // characters that are drawn for good
    this.open = []; // the nodes of what may still change
  }

  show(text) {
    this.text = text;
    if (text.length > LONG) this.showPart();
    else this.element.textContent = text;
    if (text.length <= LONG && this.isFormatted) this.format();
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
    this.drawSoon();
    if (this.isFormatted && !isLoaded()) this.loading ??= load().then(() => this.drawSoon());
  }

  drawSoon() {
    if (!this.isOver) this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    if (this.isFormatted && isLoaded()) this.drawBlocks();
    else this.drawText();
  }

  drawText() {
    const added = this.text.slice(this.shown);
    if (this.element.firstChild) this.element.firstChild.appendData(added);
    else this.element.append(added);
    this.shown = this.text.length;
  }

  // Draws the blocks that are whole once, and only the last one again: the work does not grow with the text.
  drawBlocks() {
    if (!this.element.classList.contains("markdown")) {
      this.element.classList.add("markdown");
      this.element.replaceChildren();
      this.shown = 0;
    }
    const rest = this.text.slice(this.shown);
    if (rest.length > LONGEST_BLOCK) return this.drawLongBlock(rest);
    const blocks = blocksOf(rest);
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    for (const node of this.open) node.remove();
    const whole = blocks.slice(0, Math.max(last, 0));
    if (whole.length) this.element.append(fragmentOf(whole));
    this.shown += whole.reduce((length, { raw }) => length + raw.length, 0);
    const open = fragmentOf(blocks.slice(whole.length));
    this.open = [...open.childNodes];
    this.element.append(open);
  }

  // A block that is too long to be drawn again and again is shown as text, until the reply is whole.
  drawLongBlock(rest) {
    if (this.open[0]?.nodeType === Node.TEXT_NODE) return this.open[0].appendData(rest.slice(this.open[0].length));
    for (const node of this.open) node.remove();
    this.open = [document.createTextNode(rest)];
    this.element.append(...this.open);
  }

  finish() {
    this.isOver = true;
    if (this.frame) cancelAnimationFrame(this.frame);
    this.draw();
  }
}
