// The list of conversations: latest activity first, more of them on scrolling.
import { read } from "./api.js";
import { button, editInPlace, el, find, icon } from "./dom.js";
import { describe } from "./failures.js";
import { dayOf, shortTimeOf } from "./times.js";

const AT_ONCE = 30;
export const UNTITLED = "New chat";

export class ConversationList {
  // `openMenu(conversation, button, rename)` shows what can be done with a conversation.
  constructor({ openMenu, onFailure }) {
    Object.assign(this, { openMenu, onFailure });
    this.root = find("list");
    this.items = new Map();
    this.archived = false;
    this.hidden = new Set(); // those that are being deleted
    this.selected = null;
    this.observer = new IntersectionObserver(([entry]) => entry.isIntersecting && this.more(), {
      root: this.root,
      rootMargin: "400px",
    });
  }

  // Shows the first page, of the archived ones or of the others.
  async load(archived = this.archived) {
    this.archived = archived;
    this.items = new Map();
    this.cursor = null;
    this.isLoading = false;
    this.version = (this.version ?? 0) + 1;
    this.end = el("div", { class: "end" });
    this.root.replaceChildren(el("ul"), this.end);
    await this.more();
  }

  async more() {
    if (this.isLoading) return;
    this.isLoading = true;
    this.observer.unobserve(this.end);
    const version = this.version;
    this.end.replaceChildren(el("span", { class: "skeleton" }), el("span", { class: "skeleton" }));
    try {
      const page = await read(this.pathOf(AT_ONCE, this.cursor));
      if (version !== this.version) return;
      this.cursor = page.next_cursor;
      for (const conversation of page.data) if (!this.items.has(conversation.id)) this.add(conversation);
      this.end.replaceChildren();
      if (this.cursor) this.observer.observe(this.end);
      this.sayIfEmpty();
    } catch (error) {
      if (version === this.version) this.fail(error);
    } finally {
      if (version === this.version) this.isLoading = false;
    }
  }

  pathOf(limit, cursor) {
    const query = new URLSearchParams({ limit });
    if (this.archived) query.set("archived", "true");
    if (cursor) query.set("cursor", cursor);
    return `/api/conversations?${query}`;
  }

  fail(error) {
    const { title, advice } = describe(error);
    this.hasFailed = true;
    this.end.replaceChildren(el("p", { text: `${title} ${advice}` }), button("Try again", () => this.again()));
    if (error.status === 401) this.end.replaceChildren();
    this.onFailure(error);
  }

  again() {
    this.hasFailed = false;
    this.isLoading = false;
    this.more();
  }

  // Brings what has become active, here or in another tab, to the top.
  async refresh() {
    const version = this.version;
    const page = await read(this.pathOf(AT_ONCE, null)).catch(() => null);
    if (!page || version !== this.version) return;
    for (const conversation of page.data.reverse()) {
      const item = this.items.get(conversation.id);
      if (item?.conversation.updated_at === conversation.updated_at) this.replace(conversation);
      else this.moveToTop(conversation, item?.row);
    }
    this.sayIfEmpty();
  }

  moveToTop(conversation, row) {
    if (row?.querySelector(".in-place")) return; // it is being renamed
    const focused = row?.contains(document.activeElement) ? document.activeElement.localName : null;
    row?.remove();
    this.add(conversation, true);
    if (focused) this.items.get(conversation.id).row.querySelector(focused)?.focus();
  }

  add(conversation, onTop = false) {
    const item = { conversation };
    item.row = this.rowOf(item);
    item.row.hidden = this.hidden.has(conversation.id);
    this.items.set(conversation.id, item);
    const list = this.root.firstChild;
    if (onTop) list.prepend(item.row);
    else list.append(item.row);
    this.mark(item);
  }

  rowOf(item) {
    const { conversation } = item;
    const title = conversation.title ?? UNTITLED;
    const link = el(
      "a",
      { href: `#${conversation.id}`, title: `${title} · ${dayOf(conversation.updated_at)}` },
      el("bdi", { text: title }),
      el("time", { datetime: conversation.updated_at, text: shortTimeOf(conversation.updated_at) }),
    );
    const rename = (save) => editInPlace(link, conversation.title ?? "", "Title of the chat", save);
    const more = el(
      "button",
      {
        type: "button",
        class: "icon",
        "aria-label": `Actions for ${title}`,
        "aria-haspopup": "true",
        onclick: () => this.openMenu(item.conversation, more, rename),
      },
      icon("dots"),
    );
    return el("li", {}, link, more);
  }

  // Shows a conversation as it is now; one that belongs to the other list goes away.
  replace(conversation) {
    const item = this.items.get(conversation.id);
    if (!item) return;
    if (conversation.archived !== this.archived) return this.remove(conversation.id);
    if (item.conversation.title === conversation.title) return;
    item.conversation = conversation;
    const row = this.rowOf(item);
    item.row.replaceWith(row);
    item.row = row;
    this.mark(item);
  }

  remove(id) {
    this.items.get(id)?.row.remove();
    this.items.delete(id);
    this.sayIfEmpty();
  }

  // Shows a conversation no more, or again.
  setHidden(id, isHidden) {
    if (isHidden) this.hidden.add(id);
    else this.hidden.delete(id);
    const item = this.items.get(id);
    if (item) item.row.hidden = isHidden;
    this.sayIfEmpty();
  }

  select(id) {
    this.selected = id;
    for (const item of this.items.values()) this.mark(item);
  }

  mark({ conversation, row }) {
    const link = row.querySelector("a");
    if (conversation.id === this.selected) link?.setAttribute("aria-current", "page");
    else link?.removeAttribute("aria-current");
  }

  sayIfEmpty() {
    const isEmpty = !this.cursor && ![...this.items.values()].some(({ row }) => !row.hidden);
    const text = this.archived ? "No archived chats." : "Your chats will be here.";
    this.end.replaceChildren(...(isEmpty ? [el("p", { class: "quiet", text })] : []));
  }
}
