// Sends a turn under its key until the service takes it, so that it is said once however often it is sent.
import { ApiError, request, waitForNetwork } from "./api.js";
import { button } from "./dom.js";
import { describe } from "./failures.js";
import { statusOf } from "./message.js";
import { announce } from "./notices.js";

const LONGEST_PAUSE = 15;
const MOST_TRIES = 5; // then people decide when to try again

export const postTurn = ({ body, key }, signal) => request("POST", "/api/chat", { body, key, signal });

export class Sending {
  // `article` shows the message; below it people read why it is not sent yet.
  constructor(turn, article, signal) {
    Object.assign(this, { turn, article, signal });
  }

  // The response; null if people would rather change the message. What the service refuses for good is thrown.
  async untilTaken() {
    for (let failures = 0; ; failures += 1) {
      try {
        return await postTurn(this.turn, this.signal);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isTemporary || !this.article) throw error;
        if (!(await this.wait(error, failures))) return null;
      }
    }
  }

  // Ends the waiting for the next try; true if people were waiting.
  cancel() {
    this.decide?.(false);
    return Boolean(this.decide);
  }

  async wait(error, failures) {
    const { title, advice } = describe(error);
    const isAutomatic = failures < MOST_TRIES;
    const status = statusOf("incomplete", `Not sent yet. ${title} ${isAutomatic ? "It is tried again." : advice}`);
    const decided = new Promise((resolve) => {
      this.decide = resolve;
    });
    status.append(button("Try now", () => this.decide(true)), button("Edit", () => this.decide(false)));
    this.article.append(status);
    announce(`Your message is not sent yet. ${title}`);
    const seconds = error.retryAfter ?? Math.min(2 ** failures, LONGEST_PAUSE);
    const waits = isAutomatic ? [waitForNetwork(seconds, this.signal).then(() => true)] : [];
    try {
      return await Promise.race([decided, ...waits]);
    } finally {
      this.decide = null;
      status.remove();
    }
  }
}
