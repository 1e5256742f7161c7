// Turns: what the user says is sent once, whatever happens, and the reply is followed to its end.
import { ApiError, newKey, pause, read, request } from "./api.js";
import { button } from "./dom.js";
import { describe } from "./failures.js";
import { statusOf } from "./message.js";
import { announce, clearWarning, warn } from "./notices.js";
import { LiveReply } from "./reply.js";
import { forget, keep, kept } from "./storage.js";
import { framesOf } from "./stream.js";

const LONGEST_PAUSE = 15;
const MOST_TRIES = 5; // then people decide when to try again
const ANNOUNCED = 1_000;
const REMADE = new Set(["failed", "interrupted"]);

const nameOf = (place) => `turn:${place}`;
const seqOf = (frameId) => Number(frameId.split("-")[0]);

export class Turns {
  // `onBegun(id)`: a conversation has begun. `onEnded()`: a reply has. `reopen()` shows the conversation anew.
  constructor({ thread, composer, onBegun, onEnded, reopen }) {
    Object.assign(this, { thread, composer, onBegun, onEnded, reopen });
  }

  // Goes to a conversation, "" for a new one. When the signal is aborted, the reply goes on and is not followed here.
  open(id, signal) {
    const turn = JSON.parse(kept(nameOf(id)) ?? "null");
    Object.assign(this, { id, signal, turn, pending: null, live: null, isRecovered: false });
    this.composer.setRunning(false);
  }

  send(text) {
    const place = this.id ? { conversation_id: this.id } : {};
    this.turn = { key: newKey(), body: { message: text, ...place, stream: true } };
    this.isRecovered = false;
    this.keep();
    this.pending = this.thread.addPending(text);
    return this.run();
  }

  // Sends again what was not answered when the page was left; under its key it is said once.
  recover() {
    if (!this.turn || this.turn.isTaken) return;
    this.isRecovered = true;
    this.pending = this.thread.addPending(this.turn.body.message);
    this.run();
  }

  // Asks again for a reply that failed: under the same key the message is not said again.
  again() {
    this.pending = this.thread.removeReply();
    return this.run();
  }

  get canBeRemade() {
    return Boolean(this.turn) && (this.turn.outcome === undefined || REMADE.has(this.turn.outcome));
  }

  async run() {
    const { signal, turn } = this;
    this.composer.setRunning(true);
    clearWarning();
    try {
      const response = await this.post();
      if (!response) return;
      if (this.isRecovered && this.id && response.headers.has("Idempotent-Replayed")) return this.reopenTaken();
      turn.isTaken = true;
      this.keep();
      await this.follow(response);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  }

  // Sends the turn until it is taken, and waits between two tries; null if people would rather change it.
  async post() {
    const { signal, turn } = this;
    for (let failures = 0; ; failures += 1) {
      try {
        return await request("POST", "/api/chat", { body: turn.body, key: turn.key, signal });
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isTemporary) throw error;
        if (!(await this.waitToPost(error, failures))) return null;
      }
    }
  }

  // Says below the message why it is not sent; true if it is to be sent again.
  async waitToPost(error, failures) {
    const { signal, pending } = this;
    if (!pending) throw error;
    const { title, advice } = describe(error);
    const seconds = error.retryAfter ?? Math.min(2 ** failures, LONGEST_PAUSE);
    const isAutomatic = failures < MOST_TRIES;
    const status = statusOf("incomplete", `Not sent yet. ${title} ${isAutomatic ? "It is tried again." : advice}`);
    const decided = new Promise((resolve) => {
      this.changeMind = () => resolve(false);
      status.append(button("Try now", () => resolve(true)), button("Edit", () => resolve(false)));
    });
    pending.append(status);
    this.thread.stick();
    announce(`Your message is not sent yet. ${title}`);
    const waits = isAutomatic ? [waitForNetwork(seconds, signal).then(() => true)] : [];
    const isAgain = await Promise.race([decided, ...waits]);
    status.remove();
    this.changeMind = null;
    if (isAgain || signal.aborted) return isAgain;
    this.composer.setRunning(false);
    if (this.turn.isTaken) this.reopen();
    else this.giveBack();
    return false;
  }

  // Follows a reply that ran when the conversation was opened.
  async followKnown(lastId) {
    const { signal } = this;
    try {
      await this.follow(null, lastId);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  }

  reopenTaken() {
    this.turn.isTaken = true;
    this.keep();
    this.reopen();
  }

  // Follows the reply that runs; `lastId` is that of the last frame that is known.
  async follow(response, lastId = null) {
    const { signal } = this;
    this.composer.setRunning(true);
    this.live = new LiveReply();
    this.thread.append(this.live.element);
    announce("The assistant is replying.");
    for (let failures = 0; ; failures += 1) {
      try {
        response ??= await this.connect(lastId);
        if (response.status === 204) break;
        for await (const frame of framesOf(response)) {
          if (signal.aborted) return;
          if (frame.isEnd) return await this.settle(lastId);
          lastId = frame.id ?? lastId;
          failures = 0;
          this.live.hold("");
          this.take(frame.chunk);
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ApiError && !error.isTemporary) throw error;
      }
      response = null;
      this.live.hold("The connection is lost. The reply goes on, and is looked for again.");
      await waitForNetwork(Math.min(2 ** failures / 2, LONGEST_PAUSE), signal);
    }
    await this.settle(lastId);
  }

  connect(lastId) {
    const { signal, turn } = this;
    if (!this.id) return request("POST", "/api/chat", { body: turn.body, key: turn.key, signal });
    const headers = lastId ? { "Last-Event-ID": lastId } : {};
    return request("GET", `/api/chat/${this.id}/stream`, { headers, signal });
  }

  take(chunk) {
    if (chunk.type === "data-conversation" && !this.id) this.begin(chunk.data.conversation_id);
    else this.live.take(chunk);
  }

  // A new conversation has its id.
  begin(id) {
    forget(nameOf(""));
    this.id = id;
    this.thread.id = id;
    this.keep();
    this.composer.moveTo(id);
    this.onBegun(id);
  }

  // Shows the turn as the service keeps it.
  async settle(lastId) {
    const { signal, live } = this;
    live.end();
    if (this.turn && live.outcome) this.turn.outcome = live.outcome;
    this.keep();
    announce(`The assistant said: ${live.said.slice(0, ANNOUNCED)}`);
    if (!lastId) return this.reopen();
    try {
      const after = Math.max(0, seqOf(lastId) - 2);
      const { data } = await read(`/api/conversations/${this.id}/messages?after=${after}&limit=200`, signal);
      if (!signal.aborted) this.thread.settle(data, seqOf(lastId), this.pending, live.element);
    } catch (error) {
      if (signal.aborted) return;
    }
    this.pending = null;
    this.composer.setRunning(false);
    this.onEnded();
  }

  fail(error) {
    this.live?.hold("");
    this.live?.end();
    this.composer.setRunning(false);
    this.giveBack();
    if (!(error instanceof ApiError)) throw error;
    if (error.code === "reply_running") this.reopen();
    warn(describe(error));
  }

  giveBack() {
    if (!this.pending || this.turn.isTaken) return;
    this.pending.remove();
    this.pending = null;
    forget(nameOf(this.id));
    this.composer.giveBack(this.turn.body.message);
    this.turn = null;
  }

  async stop() {
    if (this.changeMind) return this.changeMind();
    try {
      await request("POST", `/api/conversations/${this.id}/stop`);
    } catch (error) {
      warn(describe(error));
    }
  }

  keep() {
    if (this.turn) keep(nameOf(this.id), JSON.stringify(this.turn));
  }
}

const waitForNetwork = (seconds, signal) => {
  const online = new Promise((resolve) => addEventListener("online", resolve, { once: true, signal }));
  return Promise.race([pause(seconds, signal), online]);
};
