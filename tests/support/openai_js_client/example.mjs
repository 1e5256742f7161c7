import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.env.AI_AGENT_URL + '/v1', apiKey: process.env.SESSION_TOKEN });
client.idempotencyHeader = 'Idempotency-Key'; // retries are safe

const conversation = await client.conversations.create({ metadata: { topic: 'Rome' } });
await client.conversations.items.create(conversation.id, { items: [{ role: 'user', content: 'Plan a trip to Rome' }] });
for await (const item of client.conversations.items.list(conversation.id, { order: 'asc' })) {
  console.log(item.role, item.content[0].text);
}

const completion = await client.chat.completions.create({
  model: 'echo',
  messages: [{ role: 'user', content: 'Plan a trip' }],
});
console.log(completion.choices[0].message.content);

const stream = await client.chat.completions.create(
  { model: 'echo', messages: [{ role: 'user', content: 'Plan a trip to Oslo' }], stream: true },
  { headers: { 'X-Conversation-Id': conversation.id } },
);
let text = '';
for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
console.log(text);
