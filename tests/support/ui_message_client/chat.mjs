// What a front end needs beside useChat (docs/streaming.md shows this file).
import { DefaultChatTransport } from "ai";

// The id of a new conversation. Keep it in the page's address: then a reload finds the conversation again.
export const newConversationId = () => `conv_${crypto.randomUUID().replaceAll("-", "")}`;

// `origin` is the service's. The session is sent as a cookie, or as a bearer token if there is one.
const headersOf = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

// What names the reply that ran when a conversation was loaded: it is sent even if it ends before it is asked for.
const running = new Map();

export const makeTransport = ({ origin = "", token } = {}) =>
  new DefaultChatTransport({
    api: `${origin}/api/chat`,
    credentials: "include",
    headers: headersOf(token),
    // The service reads the last message alone. Under its id as the key, a message that is sent twice is saved once.
    prepareSendMessagesRequest: ({ id, messages, trigger, messageId, headers }) => ({
      headers: { ...headers, "Idempotency-Key": messages.at(-1).id },
      body: { id, messages: messages.slice(-1), trigger, messageId },
    }),
    prepareReconnectToStreamRequest: ({ id, headers }) => ({ headers: { ...headers, ...running.get(id) } }),
  });

const call = async ({ origin = "", token }, method, path) => {
  const response = await fetch(`${origin}/api/conversations/${path}`, {
    method,
    credentials: "include",
    headers: headersOf(token),
  });
  if (!response.ok && response.status !== 404) throw new Error(await response.text());
  return response;
};

// Ends the reply itself; the chat's own stop() only stops listening to it.
export const stopReply = (service, id) => call(service, "POST", `${id}/stop`);

// The conversation's newest messages, for useChat to begin with; none if there is no such conversation yet.
// A reply that runs is left out: it is resumed.
export const loadMessages = async (service, id) => {
  const response = await call(service, "GET", id);
  const { messages } = response.ok ? await response.json() : { messages: [] };
  const reply = messages.findLastIndex(({ role }) => role === "user") + 1;
  const runs = messages.at(-1)?.status === "in_progress";
  running.set(id, runs ? { "Last-Event-ID": `${messages[reply].seq}-0` } : {});
  return toUIMessages(runs ? messages.slice(0, reply) : messages);
};

// A turn's reply is one message for the AI SDK, whatever steps it has. Its status is that of its last step.
const toUIMessages = (messages) => {
  const shown = [];
  for (const { id, role, status, content, tool_calls = [], tool_call_id } of messages) {
    const last = shown.at(-1);
    if (role === "tool") {
      const called = last?.parts.findLast((part) => part.toolCallId === tool_call_id);
      if (called) Object.assign(called, { state: "output-available", output: content });
    } else if (role === "user" || (role === "assistant" && last?.role !== "assistant")) {
      shown.push({ id, role, metadata: { status }, parts: [...toParts(content), ...tool_calls.map(toToolPart)] });
    } else if (role === "assistant") {
      last.metadata = { status };
      last.parts.push({ type: "step-start" }, ...toParts(content), ...tool_calls.map(toToolPart));
    }
  }
  return shown;
};

const toParts = (content) => (typeof content === "string" ? [{ type: "text", text: content }] : (content ?? []).flatMap(toPart));

const toPart = ({ type, text, image_url, file }) => {
  if (type === "text") return [{ type, text }];
  if (type === "image_url") return [{ type: "file", mediaType: "image/*", url: image_url.url }];
  if (type === "file" && file.file_data) return [{ type, mediaType: "", url: file.file_data, filename: file.filename }];
  return [];
};

const toToolPart = ({ id, function: called }) => ({
  type: `tool-${called.name}`,
  toolCallId: id,
  state: "input-available",
  input: JSON.parse(called.arguments || "{}"),
});
