// What a program in JavaScript does with its conversations here; it prints what it got.
import OpenAI from 'openai';

const [baseURL, apiKey, agentKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey, defaultHeaders: { 'X-Agent-Key': agentKey } });
client.idempotencyHeader = 'Idempotency-Key'; // so that retries are safe

const { conversations } = client;
const made = await conversations.create({ metadata: { topic: 'weather' } });
const created = await conversations.items.create(made.id, {
  items: [
    { role: 'user', content: 'Weather?' },
    { type: 'function_call', call_id: 'a', name: 'weather', arguments: '{}' },
    { type: 'function_call_output', call_id: 'a', output: 'sunny' },
    ...Array.from({ length: 22 }, (_, number) => ({ role: 'assistant', content: `text ${number}` })),
  ],
});
const listed = [];
for await (const item of conversations.items.list(made.id, { order: 'asc', limit: 10 })) listed.push(item);
const newest = listed.at(-1);
const read = await conversations.items.retrieve(newest.id, { conversation_id: made.id });
const left = await conversations.items.delete(newest.id, { conversation_id: made.id });
const changed = await conversations.update(made.id, { metadata: { topic: 'rain' } });
const models = [];
for await (const model of client.models.list()) models.push(model.id);
const deleted = await conversations.delete(made.id);
const error = await conversations.retrieve(made.id).catch((reason) => reason);

console.log(
  JSON.stringify({
    made,
    created: created.data,
    listed,
    read,
    left,
    changed,
    models,
    deleted,
    error: { name: error.constructor.name, type: error.type, code: error.code, requestID: error.requestID },
  }),
);
