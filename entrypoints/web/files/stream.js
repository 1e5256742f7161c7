// The frames of a streamed reply (docs/streaming.md): server-sent events whose data is JSON.
const END = "[DONE]";

// Frames as they come: `id`, and `chunk`, or `isEnd` for the last one. The stream may break off before that one.
export async function* framesOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      yield* blocks.map(frameOf).filter(Boolean);
    }
  } finally {
    reader.cancel().catch(() => {}); // it may be broken
  }
}

const frameOf = (block) => {
  const fields = Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]));
  if (fields.data === undefined) return null; // a comment, which keeps the connection
  if (fields.data === END) return { isEnd: true };
  return { id: fields.id, chunk: JSON.parse(fields.data) };
};
