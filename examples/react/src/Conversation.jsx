import { useChat } from "@ai-sdk/react";
import { useEffect, useState } from "react";

import { loadMessages, makeTransport, stopReply } from "./chat.mjs";

const service = {}; // of the page's own origin, with its cookie
const transport = makeTransport(service);

// One conversation for as long as it is shown: its id is its key.
export function Conversation({ id, isNew, onTurn }) {
  const [messages, setMessages] = useState(isNew ? [] : null);
  const [error, setError] = useState(null);

  useEffect(() => {
    if (!isNew) loadMessages(service, id).then(setMessages, setError);
  }, []);

  if (error) return <main role="alert">{reasonOf(error)}</main>;
  return messages && <Messages id={id} known={messages} onTurn={onTurn} />;
}

function Messages({ id, known, onTurn }) {
  const resume = known.length > 0; // a reply may run
  const { messages, status, error, sendMessage, regenerate } = useChat({ id, messages: known, transport, resume });
  const [text, setText] = useState("");
  const runs = status === "submitted" || status === "streaming";

  useEffect(() => void onTurn(), [runs, onTurn]); // the list has a new conversation, or another order

  const send = (event) => {
    event.preventDefault();
    location.hash = id;
    sendMessage({ text });
    setText("");
  };

  return (
    <main>
      <div>
        <ol aria-live="polite" aria-busy={runs}>
          {messages.map((message) => (
            <li key={message.id} className={message.role}>
              {message.parts.map((part) => part.type === "text" && part.text)}
              {["stopped", "incomplete"].includes(message.metadata?.finish_reason ?? message.metadata?.status) && <small>Ended early</small>}
            </li>
          ))}
        </ol>
      </div>
      {error && <p role="alert">{reasonOf(error)} <button onClick={() => regenerate()}>Try again</button></p>}
      <form onSubmit={send}>
        <input value={text} onChange={(event) => setText(event.target.value)} aria-label="Message" autoFocus />
        {!runs && <button disabled={!text.trim()}>Send</button>}
        {runs && <button type="button" onClick={() => stopReply(service, id)}>Stop</button>}
      </form>
    </main>
  );
}

// The service says in `detail` what is wrong (RFC 9457).
const reasonOf = ({ message }) => {
  try {
    return JSON.parse(message).detail;
  } catch {
    return message;
  }
};
