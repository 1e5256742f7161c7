// What a program with the AI SDK gets of the service, by OpenAI's two APIs; the first words of each stream at once.
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';

const [baseURL, apiKey, agentKey] = process.argv.slice(2);
const openai = createOpenAI({ baseURL, apiKey, headers: { 'X-Agent-Key': agentKey } });
const print = (line) => console.log(JSON.stringify(line));

for (const model of [openai.responses('echo'), openai.chat('echo')]) {
  const { text, finishReason, usage } = await generateText({ model, prompt: 'one two' });
  print({ text, finishReason, tokens: usage.totalTokens ?? null });

  const stream = streamText({ model, prompt: `first pause ${model.provider}` });
  const deltas = [];
  for await (const delta of stream.textStream) {
    deltas.push(delta);
    if (deltas.length === 1) print({ delta });
  }
  print({ deltas, finishReason: await stream.finishReason });

  const failed = await generateText({ model, prompt: 'fail', maxRetries: 0 }).catch((reason) => reason);
  print({ error: failed.name ?? null, text: failed.text ?? null });
}

const talk = await generateText({
  model: openai.chat('echo'),
  system: 'Be brief.',
  messages: [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'one ' },
    { role: 'user', content: 'two' },
  ],
});
print({ text: talk.text });
