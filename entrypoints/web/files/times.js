// Times, as people read them.
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const oldDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const daysAgo = (time) => {
  const midnight = (day) => new Date(day).setHours(0, 0, 0, 0);
  return Math.round((midnight(new Date()) - midnight(time)) / 86_400_000);
};

export const timeOf = (text) => clock.format(new Date(text));
export const wholeTimeOf = (text) => whole.format(new Date(text));

export const dayOf = (text) => {
  const time = new Date(text);
  const days = daysAgo(time);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (time.getFullYear() === new Date().getFullYear() ? date : oldDate).format(time);
};

export const shortTimeOf = (text) => (daysAgo(new Date(text)) === 0 ? timeOf(text) : dayOf(text));
