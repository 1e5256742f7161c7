// Elements, made without HTML: what people wrote is set as text.
const SVG = "http://www.w3.org/2000/svg";

export const find = (id) => document.getElementById(id);

// An element; a property that begins with "on" is a listener, `text` its text, others are attributes.
export const el = (name, properties = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter(Boolean));
  return element;
};

export const icon = (name) => {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/web/icons.svg#${name}`);
  svg.append(use);
  return svg;
};

export const button = (text, onclick, properties = {}) => el("button", { type: "button", onclick, text, ...properties });

// Waits until the screen is drawn next; not at all while nobody sees the page.
export const nextFrame = () => (document.hidden ? Promise.resolve() : new Promise(requestAnimationFrame));

// Lets people change a text where it stands: Enter and leaving save it, Escape does not.
export const editInPlace = (element, text, label, save) => {
  let isOver = false;
  const input = el("input", { class: "in-place", "aria-label": label, maxlength: 200, dir: "auto" });
  const end = (keeps) => {
    if (isOver) return;
    isOver = true;
    const hadFocus = document.activeElement === input;
    input.replaceWith(element);
    if (hadFocus) (element.matches("a, button") ? element : element.querySelector("a, button"))?.focus();
    const title = input.value.trim();
    if (keeps && title && title !== text) save(title);
  };
  input.value = text;
  input.addEventListener("blur", () => end(true));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
    event.stopPropagation();
  });
  element.replaceWith(input);
  input.focus();
  input.select();
};
