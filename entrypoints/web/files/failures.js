// What went wrong, in words: what happened, and what to do.
import { el } from "./dom.js";
import { signInUrl } from "./session.js";

const signIn = () => (signInUrl ? [el("a", { class: "button", href: signInUrl, text: "Sign in" })] : []);

const FORBIDDEN = {
  origin_not_allowed: {
    title: "The service does not take messages from this page.",
    advice: "Whoever runs it must add this page's address to TRUSTED_ORIGINS.",
  },
  too_many_conversations: {
    title: "You have as many chats as you may have.",
    advice: "Delete some that you do not need any more, then send again.",
  },
  too_many_messages: { title: "This chat is full.", advice: "Begin a new one." },
};

const BY_STATUS = {
  0: () => ({ title: "There is no connection.", advice: "Check your network. What you typed is kept." }),
  401: () => ({
    title: "You are not signed in.",
    advice: signInUrl
      ? "Sign in and come back: what you typed is kept."
      : "Open the link that brought you here again: what you typed is kept.",
    actions: signIn(),
  }),
  403: ({ code }) =>
    FORBIDDEN[code] ?? { title: "Your account may not do this.", advice: "Ask whoever runs this service why." },
  404: () => ({
    title: "This chat is not there.",
    advice: "It was deleted, or it is somebody else's. Choose another one, or begin a new one.",
  }),
  409: ({ code }) =>
    code === "reply_running"
      ? { title: "A reply is still running in this chat.", advice: "Wait for its end or stop it, then send again." }
      : { title: "This chat was changed at the same moment.", advice: "Send again." },
  413: () => ({ title: "This message is too long.", advice: "Make it shorter than a million characters, or send it in parts." }),
  422: ({ errors }) => ({
    title: "The service can't take this as it is.",
    advice: errors?.[0]?.message ? `It says: ${errors[0].message}.` : "Change it, and try again.",
  }),
  429: (error) => ({ title: "Too many requests were sent.", advice: when(error) }),
  503: (error) => ({ title: "The service is busy, or its storage is away.", advice: when(error) }),
};

const when = ({ retryAfter }) =>
  retryAfter === null ? "Try again in a moment." : `Try again in ${retryAfter} ${retryAfter === 1 ? "second" : "seconds"}.`;

// A title, an advice, and elements to act with.
export const describe = (error) => {
  const known = BY_STATUS[error.status];
  if (known) return { actions: [], ...known(error) };
  return { title: "Something went wrong in the service.", advice: "Try again in a moment.", actions: [] };
};
