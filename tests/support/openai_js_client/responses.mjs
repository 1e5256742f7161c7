// What a program in JavaScript does with responses here; it prints each thing that it gets at once, a line each.
import OpenAI from 'openai';

const [baseURL, apiKey] = process.argv.slice(2);
const client = new OpenAI({ baseURL, apiKey });
client.idempotencyHeader = 'Idempotency-Key'; // so that retries are safe

const { responses } = client;
const model = 'echo';
const tell = (name, got) => console.log(JSON.stringify([name, got]));

const first = await responses.create({ model, input: 'one', instructions: 'Be brief.', metadata: { topic: 'Rome' } });
tell('created', first);
tell('retrieved', await responses.retrieve(first.id));

const streamed = await responses.create({ model, input: 'one pause two', previous_response_id: first.id, stream: true });
for await (const event of streamed) tell('streamed', event);

const helper = responses.stream({ model, input: 'three pause four' });
for await (const event of helper) tell('helped', event);
const final = await helper.finalResponse();
tell('final', final.output_text);

const begun = await responses.create({ model, input: 'five pause six', background: true });
tell('begun', begun);
tell('running', await responses.retrieve(begun.id));
const followed = await responses.retrieve(begun.id, { stream: true, starting_after: 3 });
for await (const event of followed) tell('followed', event);
for await (const event of responses.stream({ response_id: begun.id, starting_after: 4 })) tell('resumed', event);

const stopped = await responses.create({ model, input: 'pause', background: true });
tell('cancelled', await responses.cancel(stopped.id));

for await (const item of responses.inputItems.list(begun.id, { order: 'asc', limit: 1 })) tell('input', item);
await responses.delete(first.id);
const error = await responses.retrieve(first.id).catch((reason) => reason);
tell('error', error.constructor.name);
