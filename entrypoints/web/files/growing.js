// Markdown that grows: a block that is whole is drawn once, and the last one, which is open, again with each frame.
import { blocksOf, fragmentOf } from "./markdown.js";

const AT_ONCE = 2_000; // characters; what comes faster is drawn over several frames
const LONG = 2_000; // an open list or table that is longer is drawn in parts
const LONGEST = 8_000; // and so is any other open block, except for code
const FENCE = /^(`{3,}|~{3,})[^\n]*\n/;

const lengthOf = (blocks) => blocks.reduce((sum, { raw }) => sum + raw.length, 0);

export class GrowingMarkdown {
  constructor(element) {
    this.element = element;
    this.parts = []; // what is drawn for good: the raw texts of its blocks, and their nodes
    this.rest = ""; // the text of the open block, and what may belong to it
    this.open = []; // its nodes
    this.code = null; // its text node, if it is code
    this.waiting = ""; // what was added, and is not drawn yet
  }

  add(text) {
    this.waiting += text;
  }

  // Draws what was added, as much as fits into a frame; true if there is more.
  draw() {
    const line = this.rest.lastIndexOf("\n") + 1;
    const added = this.waiting.slice(0, AT_ONCE).replace(/\r\n?/g, "\n");
    this.waiting = this.waiting.slice(AT_ONCE);
    this.rest += added;
    if (this.code && !this.fence.test(this.rest.slice(line))) this.extendCode();
    else this.drawBlocks(added.includes("\n"));
    return this.waiting !== "";
  }

  drawBlocks(hasNewLine) {
    for (const node of this.open) node.remove();
    if (hasNewLine) this.keepWhole();
    if (this.rest.length > LONGEST) this.keep(blocksOf(this.rest));
    const blocks = blocksOf(this.rest);
    this.open = this.append(blocks);
    this.code = this.codeOf(blocks);
  }

  // The text node of an open block of code, which has not come to its closing fence.
  codeOf([block, ...others]) {
    const [line, fence] = FENCE.exec(this.rest) ?? [];
    if (!fence || others.length || block.type !== "code") return null;
    this.fence = new RegExp(`^ {0,3}${fence}${fence[0]}* *$`, "m");
    return this.fence.test(this.rest.slice(line.length)) ? null : this.open[0].querySelector("code").firstChild;
  }

  extendCode() {
    const code = this.rest.slice(this.rest.indexOf("\n") + 1).replace(/\n?$/, "\n");
    const { length } = this.code;
    this.code.replaceData(length - 1, 1, code.slice(length - 1));
  }

  // Keeps the blocks that nothing which follows can change. A line that is not whole says nothing about that: after
  // "1. one", "2" is a paragraph, and "2. two" is more of the list. Code that has come to a blank line outside is closed.
  keepWhole() {
    const blocks = blocksOf(this.rest.slice(0, this.rest.lastIndexOf("\n") + 1));
    const last = blocks.findLastIndex(({ type }) => type !== "space");
    const isClosed = blocks[last]?.type === "code" && last < blocks.length - 1;
    this.keep(blocks.slice(0, Math.max(0, last + isClosed)));
    if (blocks[last]?.raw.length > LONG) this.keepBegun(blocks[last]);
  }

  // Keeps a list up to its last item, and a table up to its last row; the rest becomes one that goes on like it.
  keepBegun({ type, raw, items }) {
    const [head] = /^.*\n.*\n/.exec(raw) ?? [""];
    const begun = type === "list" ? lengthOf(items.slice(0, -1)) : raw.trimEnd().lastIndexOf("\n") + 1;
    if (type !== "list" && (type !== "table" || begun <= head.length)) return;
    this.keep(blocksOf(raw.slice(0, begun)));
    if (type === "table") this.rest = head + this.rest;
  }

  keep(blocks) {
    if (!blocks.length) return;
    this.parts.push({ raws: blocks.map(({ raw }) => raw), nodes: this.append(blocks) });
    this.rest = this.rest.slice(lengthOf(blocks));
  }

  append(blocks) {
    const fragment = fragmentOf(blocks);
    const nodes = [...fragment.childNodes];
    this.element.append(fragment);
    return nodes;
  }

  // Draws again what the whole text makes different, such as a list in parts, or links whose addresses follow it.
  finish(text) {
    for (const node of this.open) node.remove();
    this.keep(blocksOf(this.rest));
    const blocks = blocksOf(text);
    const hasReferences = Object.keys(blocks.links).length > 0;
    let right = 0;
    const isWrong = ({ raws }) => hasReferences || raws.some((raw, place) => raw !== blocks[right + place]?.raw);
    while (this.parts.length && !isWrong(this.parts[0])) right += this.parts.shift().raws.length;
    for (const node of this.parts.flatMap(({ nodes }) => nodes)) node.remove();
    if (right < blocks.length) this.append(blocks.slice(right));
  }
}
