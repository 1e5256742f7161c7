// Turns: what the user says is sent once, whatever happens, and the reply is followed to its end.
import { ApiError, newKey, read, request } from "./api.js";
import { describe } from "./failures.js";
import { framesToEnd, openStream } from "./following.js";
import { announce, clearWarning, warn } from "./notices.js";
import { LiveReply } from "./reply.js";
import { Sending, postTurn } from "./sending.js";
import { forget, keep, kept } from "./storage.js";

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
    Object.assign(this, { id, signal, turn, pending: null, live: null, sending: null, isRecovered: false, isToStop: false });
    this.composer.setRunning(false);
  }

  send(text) {
    const place = this.id ? { conversation_id: this.id } : {};
    this.turn = { key: newKey(), body: { message: text, ...place, stream: true } };
    Object.assign(this, { isRecovered: false, isToStop: false });
    this.keep();
    this.pending = this.thread.addPending(text);
    return this.run();
  }

  // Sends again what was not answered when the page was left; under its key it is said once.
  recover() {
    if (!this.turn || this.turn.isTaken || this.composer.isRunning) return;
    this.isRecovered = true;
    this.pending = this.thread.addPending(this.turn.body.message);
    this.run();
  }

  // Asks again for a reply that failed: under the same key the message is not said again.
  again() {
    this.pending = this.thread.removeReply();
    return this.run();
  }

  // Whether the reply that is shown last is that of the turn that was sent here.
  get isOwn() {
    return Boolean(this.turn?.isTaken) && this.thread.lastSaid === this.turn.body.message;
  }

  get canBeRemade() {
    return this.isOwn && (this.turn.outcome === undefined || REMADE.has(this.turn.outcome));
  }

  async run() {
    const { signal, turn } = this;
    this.composer.setRunning(true);
    clearWarning();
    this.sending = new Sending(turn, this.pending, signal);
    try {
      const response = await this.sending.untilTaken();
      if (!response) return this.change();
      const isKnown = this.isRecovered && this.id && response.headers.has("Idempotent-Replayed");
      turn.isTaken = true;
      this.keep();
      if (isKnown) this.reopen();
      else await this.follow(response);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  }

  // People would rather change the message than wait.
  change() {
    this.composer.setRunning(false);
    if (this.turn.isTaken) this.reopen();
    else this.giveBack();
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

  // Follows the reply that runs; `lastId` is that of the last frame that is known.
  async follow(response, lastId = null) {
    const { signal, turn } = this;
    this.composer.setRunning(true);
    this.live = new LiveReply();
    this.thread.append(this.live.element);
    announce("The assistant is replying.");
    const frames = framesToEnd({
      response,
      lastId,
      signal,
      connect: (known) => (this.id ? openStream(this.id, known, signal) : postTurn(turn, signal)),
      onBreak: () => this.live.hold("The connection is lost. The reply goes on, and is looked for again."),
    });
    for await (const { id, chunk } of frames) {
      if (signal.aborted) return;
      lastId = id ?? lastId;
      this.live.hold("");
      this.take(chunk);
    }
    if (!signal.aborted) await this.settle(lastId);
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
    if (this.isToStop) this.stop();
  }

  // Shows the turn as the service keeps it.
  async settle(lastId) {
    const { signal, live } = this;
    await live.end();
    if (signal.aborted) return;
    if (this.isOwn && live.outcome) this.turn.outcome = live.outcome;
    this.keep();
    announce(`The assistant said: ${live.said.slice(0, ANNOUNCED)}`);
    if (!lastId) return this.reopen();
    try {
      const after = Math.max(0, seqOf(lastId) - 2);
      const { data } = await read(`/api/conversations/${this.id}/messages?after=${after}&limit=200`, signal);
      if (!signal.aborted) this.thread.settle(data, seqOf(lastId), this.pending, live);
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

  // Ends the reply, or the waiting to send. A conversation that has no id yet is stopped when it has one.
  async stop() {
    if (this.sending?.cancel()) return;
    this.isToStop = !this.id;
    if (this.isToStop) return;
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
