// A button that copies code.
import { button, icon } from "./dom.js";
import { announce } from "./notices.js";

const SHOWN = 2_000; // milliseconds for which it says that it has copied

export const copyButton = (code) => {
  const show = (name) => copy.replaceChildren(icon(name));
  const act = async () => {
    if (!(await copyText(code))) return announce("The code is selected. Copy it by the keyboard.");
    announce("Copied.");
    show("check");
    setTimeout(() => show("copy"), SHOWN);
  };
  const copy = button("", act, { class: "icon copy", "aria-label": "Copy the code", title: "Copy the code" });
  show("copy");
  return copy;
};

// Copies without the last line's end, which would run a command where it is pasted. A page that came without TLS has no
// clipboard, and copies what is selected.
const copyText = async (code) => {
  try {
    await navigator.clipboard.writeText(code.textContent.replace(/\n$/, ""));
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
};
