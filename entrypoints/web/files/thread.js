// The messages of the conversation that is open: the newest ones, and older ones on scrolling up.
import { read } from "./api.js";
import { button, el, find, icon } from "./dom.js";
import { describe } from "./failures.js";
import { articleOf, fillResult } from "./message.js";
import { dayOf } from "./times.js";

const NEAR = 80;
const AT_ONCE = 50;

export class Thread {
  constructor() {
    this.root = find("thread");
    this.scroller = find("scroller");
    this.isAtEnd = true;
    this.scroller.addEventListener("scroll", () => this.noteScrolling(), { passive: true });
    find("to-newest").addEventListener("click", () => this.toEnd());
    this.observer = new IntersectionObserver(([entry]) => entry.isIntersecting && this.older(), {
      root: this.scroller,
      rootMargin: "800px",
    });
    new ResizeObserver(() => this.stick()).observe(this.root);
  }

  clear() {
    this.id = null;
    this.hasFailed = false;
    this.lastSaid = null;
    this.oldest = null;
    this.hasOlder = false;
    this.isLoading = false;
    this.calls = new Map(); // the elements of tool calls, by their ids
    this.results = new Map(); // results of calls that are not shown yet
    this.observer.disconnect();
    this.root.replaceChildren();
    this.isAtEnd = true;
    this.noteScrolling();
  }

  showWaiting() {
    this.clear();
    this.root.append(el("div", { class: "waiting", "aria-hidden": "true" }, el("i"), el("i"), el("i")));
  }

  showEmpty() {
    this.clear();
    this.root.append(
      el("div", { class: "welcome" }, icon("mark"), el("h2", { text: "What would you like to talk about?" })),
    );
  }

  showFailure(error, tryAgain) {
    this.clear();
    this.hasFailed = true;
    const { title, advice, actions } = describe(error);
    const again = error.isTemporary ? [button("Try again", tryAgain)] : [];
    this.root.append(
      el("div", { class: "welcome" }, icon("alert"), el("h2", { text: title }), el("p", { text: advice }), ...actions, ...again),
    );
  }

  // Shows the newest messages, oldest first.
  show(id, messages, hasOlder) {
    this.clear();
    this.id = id;
    this.start = el("div", { class: "start" });
    this.root.append(this.start);
    this.add(messages, (node) => this.root.append(node));
    this.noteSaid(messages);
    this.oldest = messages[0]?.seq ?? null;
    this.toEnd();
    this.setHasOlder(hasOlder);
  }

  setHasOlder(hasOlder) {
    this.hasOlder = hasOlder;
    this.start.replaceChildren(...(hasOlder ? [el("span", { class: "skeleton" })] : []));
    if (hasOlder) this.observer.observe(this.start);
  }

  async older() {
    if (this.isLoading || !this.hasOlder) return;
    this.isLoading = true;
    this.observer.disconnect();
    const { id } = this;
    try {
      const path = `/api/conversations/${id}/messages?limit=${AT_ONCE}&before=${this.oldest}`;
      const page = await read(path);
      if (this.id === id) this.prepend(page);
    } catch (error) {
      if (this.id !== id) return;
      const { title, advice } = describe(error);
      this.start.replaceChildren(el("p", { text: `${title} ${advice}` }), button("Try again", () => this.older()));
    } finally {
      if (this.id === id) this.isLoading = false;
    }
  }

  // Puts older messages before the others. What people read stays where it is on the screen.
  prepend({ data, has_more_before: hasOlder }) {
    const anchor = this.root.querySelector("article");
    const before = anchor?.getBoundingClientRect().top;
    const day = this.start.nextElementSibling;
    if (day?.matches(".day") && data.length && day.textContent === dayOf(data.at(-1).created_at)) day.remove();
    const shown = [];
    this.add(data, (node) => shown.push(node));
    this.start.after(...shown);
    this.oldest = data[0]?.seq ?? this.oldest;
    this.setHasOlder(hasOlder && data.length > 0);
    if (anchor) this.scroller.scrollTop += anchor.getBoundingClientRect().top - before;
  }

  // Adds messages in their order; `day` is that of the message before them, `live` the reply that they were.
  add(messages, put, day = null, live = null) {
    for (const message of messages) {
      if (message.role === "tool") {
        this.place(message);
        continue;
      }
      if (dayOf(message.created_at) !== day) {
        day = dayOf(message.created_at);
        put(el("p", { class: "day" }, el("time", { datetime: message.created_at, text: day })));
      }
      const article = articleOf(message, live);
      put(article);
      this.takeCalls(article);
    }
  }

  // Shows a result in the call that it answers. A call that comes later, as on an older page, takes it then.
  place({ tool_call_id: id, content }) {
    const call = this.calls.get(id);
    if (call) fillResult(call, content);
    else this.results.set(id, content);
  }

  takeCalls(article) {
    for (const call of article.querySelectorAll("details.call")) {
      const { call: id } = call.dataset;
      if (this.results.has(id)) fillResult(call, this.results.get(id));
      this.results.delete(id);
      this.calls.set(id, call);
    }
  }

  // What the user says, before the service has it.
  addPending(text) {
    const message = { role: "user", content: text, created_at: new Date().toISOString(), status: "pending" };
    const article = articleOf(message);
    this.root.querySelector(".welcome")?.remove();
    this.add([message], (node) => this.root.append(node.matches("article") ? article : node), this.lastDay);
    this.noteSaid([message]);
    this.toEnd();
    return article;
  }

  // What the user said last, as far as it is shown.
  noteSaid(messages) {
    this.lastSaid = messages.findLast(({ role }) => role === "user")?.content ?? null;
  }

  get lastDay() {
    return [...this.root.querySelectorAll(".day")].at(-1)?.textContent ?? null;
  }

  // Shows a turn as it is kept: the messages after the one before it, the reply's from the seq on.
  settle(messages, seq, pending, live) {
    const said = messages.filter(({ seq: other, role }) => other === seq - 1 && role === "user" && pending);
    for (const message of said) pending.replaceWith(articleOf(message));
    const reply = messages.filter(({ seq: other }) => other >= seq);
    if (!reply.length) return;
    const focused = live.element.contains(document.activeElement) ? document.activeElement : null;
    const shown = [];
    this.add(reply, (node) => shown.push(node), this.lastDay, live);
    live.element.replaceWith(...shown);
    focused?.focus({ preventScroll: true });
    this.stick();
  }

  // Removes what follows the last thing that the user said, and returns that.
  removeReply() {
    const articles = [...this.root.querySelectorAll("article")];
    const last = articles.findLastIndex((article) => article.matches(".user"));
    for (const article of articles.slice(last + 1)) article.remove();
    return articles[last] ?? null;
  }

  // Lets people ask for a reply that failed again.
  offerAgain(onclick) {
    const last = [...this.root.querySelectorAll("article")].at(-1);
    const status = last?.querySelector(":scope > .status.failed, :scope > .status.incomplete");
    if (status) status.append(button("Try again", onclick));
  }

  append(...nodes) {
    this.root.querySelector(".welcome")?.remove();
    this.root.append(...nodes);
    this.stick();
  }

  noteScrolling() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    find("to-newest").hidden = this.isAtEnd;
  }

  stick() {
    if (this.isAtEnd) this.scroller.scrollTop = this.scroller.scrollHeight;
    else find("to-newest").hidden = false;
  }

  toEnd() {
    this.isAtEnd = true;
    this.stick();
    find("to-newest").hidden = true;
  }
}
