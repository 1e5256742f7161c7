// What is kept until the tab is closed, and over a reload; in memory alone, where the browser keeps nothing.
const memory = new Map();

export const keep = (name, value) => {
  memory.set(name, value);
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // blocked, or full
  }
};

export const kept = (name) => {
  if (memory.has(name)) return memory.get(name);
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
};

export const forget = (name) => {
  memory.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // blocked
  }
};
