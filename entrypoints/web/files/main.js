// The page: which conversation is open, and who does what in it.
import { ApiError, read } from "./api.js";
import { Composer } from "./composer.js";
import { Changes, openMenu } from "./changes.js";
import { ConversationList, UNTITLED } from "./conversations.js";
import { editInPlace, find } from "./dom.js";
import { describe } from "./failures.js";
import { announce, clearWarning, warn } from "./notices.js";
import { takeToken } from "./session.js";
import { setUpSidebar } from "./sidebar.js";
import { Thread } from "./thread.js";
import { Turns } from "./turns.js";

class Page {
  constructor() {
    this.thread = new Thread();
    this.changes = new Changes({
      onChange: (conversation) => this.changed(conversation),
      onRemove: (id) => this.removed(id),
      onReturn: (id) => this.list.setHidden(id, false),
    });
    this.list = new ConversationList({
      openMenu: (...opened) => openMenu(...opened, this.changes),
      onFailure: (error) => error.status === 401 && this.thread.showFailure(error),
    });
    this.sidebar = setUpSidebar();
    this.composer = new Composer({ onSend: (text) => this.turns.send(text), onStop: () => this.turns.stop() });
    this.turns = new Turns({
      thread: this.thread,
      composer: this.composer,
      onBegun: (id) => this.begun(id),
      onEnded: () => this.ended(),
      reopen: () => this.open(),
    });
  }

  start() {
    takeToken();
    find("new").addEventListener("click", () => this.go(""));
    find("actions").addEventListener("click", () => openMenu(this.conversation, find("actions"), this.rename, this.changes));
    find("archive-switch").addEventListener("click", () => this.switchArchive());
    addEventListener("hashchange", () => (takeToken() ? location.reload() : this.open()));
    this.watchNetwork();
    addEventListener("unhandledrejection", () =>
      warn({ title: "Something went wrong on this page.", advice: "Reload it. What you typed is kept." }),
    );
    this.changes.finishDeletions().then(() => this.list.load());
    this.open();
  }

  watchNetwork() {
    addEventListener("offline", () =>
      warn({ title: "You are offline.", advice: "What you typed is kept. The page goes on when the network is back." }),
    );
    addEventListener("online", () => {
      clearWarning();
      announce("The network is back.");
      if (this.list.hasFailed) this.list.again();
      if (this.thread.hasFailed) this.open();
    });
  }

  // Opens a conversation by its id, or none; the address says which, so that a reload finds it again.
  go(id) {
    if (location.hash.slice(1) === id) this.open();
    else location.hash = id;
    if (!id) history.replaceState(null, "", location.pathname + location.search);
  }

  async open() {
    const id = location.hash.slice(1);
    this.reading?.abort();
    this.reading = new AbortController();
    const { signal } = this.reading;
    clearWarning();
    this.sidebar.close();
    this.list.select(id);
    this.show(null);
    this.composer.open(id);
    this.turns.open(id, signal);
    if (!id) {
      this.thread.showEmpty();
      return this.turns.recover();
    }
    this.thread.showWaiting();
    try {
      const { messages, has_more: hasOlder, ...conversation } = await read(`/api/conversations/${encodeURIComponent(id)}`, signal);
      this.show(conversation);
      this.showMessages(id, messages, hasOlder);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      this.thread.showFailure(error, () => this.open());
    }
  }

  // Shows the newest messages. A reply that runs is left out, since its stream has it from its beginning.
  showMessages(id, messages, hasOlder) {
    const reply = messages.findLastIndex(({ role }) => role === "user") + 1;
    const runs = messages.at(-1)?.status === "in_progress";
    this.thread.show(id, runs ? messages.slice(0, reply) : messages, hasOlder);
    if (runs) this.turns.followKnown(`${messages[reply].seq}-0`);
    else this.turns.recover();
    if (this.turns.canBeRemade) this.thread.offerAgain(() => this.turns.again());
  }

  // A new conversation has its id, which the address says from now on.
  begun(id) {
    history.replaceState(null, "", `#${id}`);
    this.list.select(id);
  }

  async ended() {
    const { signal } = this.reading;
    if (this.turns.canBeRemade) this.thread.offerAgain(() => this.turns.again());
    await this.list.refresh();
    if (signal.aborted) return;
    this.turns.recover(); // what another reply was in the way of
    const item = this.list.items.get(this.turns.id);
    if (item && !find("bar").querySelector(".in-place")) this.show(item.conversation);
  }

  // Shows the title of the conversation that is open, and what can be done with it.
  show(conversation) {
    this.conversation = conversation;
    const title = conversation?.title ?? UNTITLED;
    find("title").textContent = title;
    find("archived").hidden = !conversation?.archived;
    find("actions").hidden = !conversation;
    document.title = conversation?.title ? `${title} · Chat` : "Chat";
  }

  rename = (save) => editInPlace(find("title"), this.conversation.title ?? "", "Title of this chat", save);

  changed(conversation) {
    this.list.replace(conversation);
    if (conversation.id === this.conversation?.id) this.show(conversation);
    if (conversation.archived === this.list.archived && !this.list.items.has(conversation.id)) this.list.refresh();
  }

  removed(id) {
    this.list.setHidden(id, true);
    if (id === this.conversation?.id) this.go("");
  }

  switchArchive() {
    const archived = !this.list.archived;
    find("archive-switch").setAttribute("aria-pressed", archived);
    this.list.load(archived);
  }
}

new Page().start();
