// What a program in JavaScript gets of chat completions; the first words of a stream at once.
import OpenAI from 'openai';

const [baseURL, apiKey, conversation] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
const { completions } = client.chat;
const print = (line) => console.log(JSON.stringify(line));
const say = (content) => ({ model: 'echo', messages: [{ role: 'user', content }] });

const plain = await completions.create(say('one two'));
print({ text: plain.choices[0].message.content, finish: plain.choices[0].finish_reason, usage: plain.usage });

const deltas = [];
const stream = await completions.create({ ...say('first pause last'), stream: true });
for await (const chunk of stream) {
  deltas.push(chunk.choices[0].delta.content ?? null);
  if (deltas.length === 2) print({ deltas });
}
print({ deltas });

const helper = completions.stream(say('one two'));
print({ text: await helper.finalContent() });

const kept = await completions.create(say('one two'), { headers: { 'X-Conversation-Id': conversation } });
const items = [];
for await (const item of client.conversations.items.list(conversation, { order: 'asc' })) items.push(item.content[0].text);
print({ text: kept.choices[0].message.content, items });

const refused = await completions.create({ ...say('one'), n: 2 }).catch((reason) => reason);
const failed = await completions.create(say('fail'), { maxRetries: 0 }).catch((reason) => reason);
const broken = await completions
  .create({ ...say('one fail'), stream: true })
  .then(async (chunks) => {
    for await (const chunk of chunks) void chunk;
  })
  .catch((reason) => reason);
const told = (error) => ({ name: error.constructor.name, param: error.param, code: error.code });
print([refused, failed, broken].map(told));
