// Follows a reply to its end, over as many streams as that takes.
import { ApiError, request, waitForNetwork } from "./api.js";
import { framesOf } from "./stream.js";

const LONGEST_PAUSE = 15;

// The frames that come after the one with `lastId`. `connect(lastId)` opens a stream anew; 204 is the end. `onBreak()`
// is told when a stream broke off. What the service refuses for good is thrown, and so is it when the signal is aborted.
export async function* framesToEnd({ response, lastId, connect, signal, onBreak }) {
  for (let failures = 0; ; failures += 1) {
    try {
      response ??= await connect(lastId);
      if (response.status === 204) return;
      for await (const frame of framesOf(response)) {
        if (frame.isEnd) return;
        lastId = frame.id ?? lastId;
        failures = 0;
        yield frame;
      }
    } catch (error) {
      if (signal.aborted || (error instanceof ApiError && !error.isTemporary)) throw error;
    }
    response = null;
    onBreak();
    await waitForNetwork(Math.min(2 ** failures / 2, LONGEST_PAUSE), signal);
  }
}

// The stream of the reply that runs in a conversation.
export const openStream = (id, lastId, signal) => {
  const headers = lastId ? { "Last-Event-ID": lastId } : {};
  return request("GET", `/api/chat/${id}/stream`, { headers, signal });
};
