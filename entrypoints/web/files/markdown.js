// Markdown as elements: parsed by marked, cleaned by DOMPurify. Both are loaded when the first reply is shown.
import { copyButton } from "./copying.js";
import { el } from "./dom.js";

let library = null;
let loading = null;

const TAGS = [
  "a", "b", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p",
  "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
];
const ATTRIBUTES = ["align", "href", "start", "title"];
const LINKS = /^(?:https?|mailto):/i;

export const isLoaded = () => library !== null;

// Loads the library; false if it can't be had, and texts stay as they are.
export const load = () => {
  loading ??= Promise.all([import("./vendor/marked.js"), import("./vendor/dompurify.js")])
    .then(([{ Lexer, Marked }]) => {
      library = { Lexer: boundedLexer(Lexer), marked: makeParser(Marked), purify: globalThis.DOMPurify };
      library.purify.addHook("afterSanitizeAttributes", guardLink);
      return true;
    })
    .catch(() => false);
  return loading;
};

const escape = (text) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const DEEPEST = 6;
const LONGEST_LINE = 4_000;

// Marked takes quadratic time for some texts within a block, such as "a_" again and again: minutes for a long one.
const boundedLexer = (Lexer) =>
  class extends Lexer {
    inlineTokens(text, tokens = []) {
      if (text.length <= LONGEST_LINE) return super.inlineTokens(text, tokens);
      tokens.push({ type: "text", raw: text, text });
      return tokens;
    }
  };

// HTML is text like any other, and an image a link to it: to load it would tell another site who reads.
const makeParser = (Marked) =>
  new Marked({
    gfm: true,
    breaks: true,
    renderer: {
      // The page has its own headings above those of a reply.
      heading({ tokens, depth }) {
        const level = Math.min(depth + 2, DEEPEST);
        return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      html: ({ text }) => escape(text),
      text: ({ escaped, text }) => (escaped ? escape(text) : false), // behind <code> or <pre> marked takes it for HTML
      image: ({ href, text, title }) => `<a href="${escape(href)}" title="${escape(title ?? "")}">${escape(text || "An image")}</a>`,
      checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    },
  });

const guardLink = (node) => {
  if (node.nodeName !== "A") return;
  if (!LINKS.test(node.getAttribute("href") ?? "")) node.removeAttribute("href");
  node.setAttribute("target", "_blank");
  node.setAttribute("rel", "noopener noreferrer nofollow");
};

// The blocks of a text, such as paragraphs and lists; each has its `raw` text.
export const blocksOf = (text) => new library.Lexer(library.marked.defaults).lex(text);

export const fragmentOf = (blocks) => {
  const fragment = library.purify.sanitize(library.marked.parser(blocks), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
  for (const block of fragment.querySelectorAll("table, pre")) block.tabIndex = 0; // they scroll, by keys as well
  for (const block of fragment.children) block.dir = "auto";
  for (const code of fragment.querySelectorAll("pre")) {
    const frame = el("div", { class: "code", dir: "ltr" });
    code.removeAttribute("dir");
    code.replaceWith(frame);
    frame.append(code, copyButton(code));
  }
  return fragment;
};
