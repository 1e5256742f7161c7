// The list of conversations on a narrow screen: it slides over the messages, and away again.
import { find } from "./dom.js";

export const setUpSidebar = () => {
  const [sidebar, veil, opener, closer] = ["sidebar", "veil", "open-sidebar", "close-sidebar"].map(find);
  const narrow = matchMedia("(max-width: 800px)");

  const set = (isOpen) => {
    const isOver = narrow.matches && isOpen;
    sidebar.inert = narrow.matches && !isOpen;
    document.querySelector("main").inert = isOver;
    sidebar.classList.toggle("open", isOver);
    veil.hidden = !isOver;
    opener.setAttribute("aria-expanded", isOver);
  };
  const open = () => {
    set(true);
    closer.focus();
  };
  const close = () => {
    const wasOpen = sidebar.classList.contains("open");
    set(false);
    if (wasOpen) opener.focus();
  };

  opener.addEventListener("click", open);
  closer.addEventListener("click", close);
  veil.addEventListener("click", close);
  sidebar.addEventListener("keydown", (event) => event.key === "Escape" && close());
  narrow.addEventListener("change", () => set(false));
  set(false);
  return { close };
};
