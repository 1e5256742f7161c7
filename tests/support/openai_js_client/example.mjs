import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.env.AI_AGENT_URL + '/v1', apiKey: process.env.SESSION_TOKEN });
client.idempotencyHeader = 'Idempotency-Key'; // retries are safe

const conversation = await client.conversations.create({ metadata: { topic: 'Rome' } });
await client.conversations.items.create(conversation.id, { items: [{ role: 'user', content: 'Plan a trip to Rome' }] });
for await (const item of client.conversations.items.list(conversation.id, { order: 'asc' })) {
  console.log(item.role, item.content[0].text);
}
