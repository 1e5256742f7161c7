// What people do with a conversation: rename, archive and back, delete with a way back.
import { request } from "./api.js";
import { button, el, find, icon } from "./dom.js";
import { describe } from "./failures.js";
import { ask, clearWarning, tell, warn } from "./notices.js";
import { forget, keep, kept } from "./storage.js";
import { UNTITLED } from "./conversations.js";

const DELETING = "deleting";
const pathOf = (id) => `/api/conversations/${id}`;
const nameOf = ({ title }) => title ?? UNTITLED;

export class Changes {
  // `onChange(conversation)` shows it as it is now; `onRemove(id)` and `onReturn(id)` hide it and show it again.
  constructor({ onChange, onRemove, onReturn }) {
    Object.assign(this, { onChange, onRemove, onReturn });
    this.deleting = new Map();
    addEventListener("pagehide", () => {
      for (const id of this.deleting.keys()) this.delete(id, { keepalive: true });
    });
  }

  async change(conversation, patch) {
    try {
      const response = await request("PATCH", pathOf(conversation.id), { body: patch });
      clearWarning();
      this.onChange(await response.json());
      return true;
    } catch (error) {
      const again = button("Try again", () => this.change(conversation, patch));
      warn({ ...describe(error), actions: [...describe(error).actions, again] });
      return false;
    }
  }

  rename(conversation, title) {
    return this.change(conversation, { title });
  }

  async setArchived(conversation, archived) {
    if (!(await this.change(conversation, { archived }))) return;
    const text = archived ? `“${nameOf(conversation)}” is archived.` : `“${nameOf(conversation)}” is back.`;
    tell(text, { undo: () => this.change(conversation, { archived: !archived }) });
  }

  // Deletes after a question, and not before people had time to take it back: the service deletes for good.
  async remove(conversation) {
    const { id } = conversation;
    const text = `“${nameOf(conversation)}” and all its messages are deleted for good. You can take it back for ten seconds.`;
    if (!(await ask({ title: "Delete this chat?", text, yes: "Delete" }))) return;
    this.onRemove(id);
    const undo = () => {
      this.forgetDeletion(id);
      this.onReturn(id);
    };
    const notice = tell(`“${nameOf(conversation)}” is deleted.`, { undo, after: () => this.delete(id) });
    this.deleting.set(id, notice);
    keep(DELETING, [...this.deleting.keys()].join());
  }

  // Deletes what was left when the page was closed.
  async finishDeletions() {
    for (const id of (kept(DELETING) ?? "").split(",").filter(Boolean)) await this.delete(id);
  }

  async delete(id, options) {
    try {
      await request("DELETE", pathOf(id), options);
    } catch (error) {
      if (error.status !== 404) {
        warn(describe(error));
        this.onReturn(id);
      }
    }
    this.forgetDeletion(id);
  }

  forgetDeletion(id) {
    this.deleting.delete(id);
    if (this.deleting.size) keep(DELETING, [...this.deleting.keys()].join());
    else forget(DELETING);
  }
}

// What can be done with a conversation, beside the button that was pressed; `rename(save)` asks for its new title.
export const openMenu = (conversation, opener, rename, changes) => {
  const menu = find("menu");
  const act = (name, text, action, properties) => {
    const entry = button("", () => {
      menu.hidePopover();
      action();
    }, properties);
    entry.append(icon(name), el("span", { text }));
    return entry;
  };
  menu.replaceChildren(
    act("pencil", "Rename", () => rename((title) => changes.rename(conversation, title))),
    conversation.archived
      ? act("archive", "Bring back", () => changes.setArchived(conversation, false))
      : act("archive", "Archive", () => changes.setArchived(conversation, true)),
    act("bin", "Delete", () => changes.remove(conversation), { class: "danger" }),
  );
  const { left, bottom } = opener.getBoundingClientRect();
  menu.showPopover();
  const { width, height } = menu.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(bottom + 4, innerHeight - height - 8))}px`;
  menu.firstChild.focus();
};
