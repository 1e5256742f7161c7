// A front end without a page: it does what each line of its stdin says, and tells on stdout what a user would see.
import { createInterface } from "node:readline";

import { Chat } from "@ai-sdk/react";
import { DefaultChatTransport, readUIMessageStream } from "ai";

import { loadMessages, makeTransport, stopReply } from "./chat.mjs";

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let chat, service, id, finishes;

function show() {
  const { status, error, messages } = chat;
  print({ status, error: error?.message ?? null, messages, finishes });
}

const commands = {
  // A page is opened: a new chat, or one that is loaded.
  async open({ origin, token, conversation, isDefault, messages }) {
    service = { origin, token };
    id = conversation;
    finishes = [];
    const transport = isDefault
      ? new DefaultChatTransport({ api: `${origin}/api/chat`, headers: { Authorization: `Bearer ${token}` } })
      : makeTransport(service);
    const known = messages ?? (await loadMessages(service, id));
    const opened = new Chat({
      id,
      transport,
      messages: known,
      onFinish: ({ isAbort, isDisconnect, isError, finishReason }) => {
        finishes.push({ isAbort, isDisconnect, isError, finishReason });
        if (chat === opened) show();
      },
    });
    chat = opened;
    for (const register of ["Messages", "Status", "Error"]) {
      opened[`~register${register}Callback`](() => chat === opened && show());
    }
    show();
  },
  // What becomes of the frames of a whole response.
  async read({ frames }) {
    finishes = [];
    const stream = new DefaultChatTransport().processResponseStream(new Blob([frames]).stream());
    let message = null;
    let error = null;
    const onError = (raised) => (error = raised);
    for await (message of readUIMessageStream({ stream, onError }));
    print({ status: "ready", error: error?.message ?? null, messages: message ? [message] : [], finishes });
  },
  send: ({ text, files, messageId }) => chat.sendMessage({ text, files, messageId }),
  resume: () => chat.resumeStream(),
  regenerate: (options) => chat.regenerate(options),
  abort: () => chat.stop(),
  stop: () => stopReply(service, id),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { number, command, ...options } = JSON.parse(line);
  commands[command](options).then(
    () => print({ done: number }),
    (error) => print({ done: number, failure: String(error) }),
  );
}
process.exit(0);
