// The vendors' SDKs as anybody uses them: keys and addresses come from the environment.
import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";

const simulated = /Simulated by Redoubt's demo provider/;
const messages = [{ role: "user", content: "hello" }];

const anthropic = new Anthropic();
const message = await anthropic.messages.create({
  model: "claude-demo-small",
  max_tokens: 100,
  messages,
});
assert.match(message.content[0].text, simulated);
assert.equal(message.stop_reason, "end_turn");
assert.ok(message.usage.output_tokens > 0);

const stream = anthropic.messages.stream({ model: "claude-demo-small", max_tokens: 100, messages });
let events = 0;
for await (const event of stream) events += event.type === "content_block_delta" ? 1 : 0;
assert.ok(events > 1);
assert.match((await stream.finalMessage()).content[0].text, simulated);

const count = await anthropic.messages.countTokens({ model: "claude-demo-small", messages });
assert.ok(count.input_tokens > 0);

await assert.rejects(
  anthropic.messages.create({ model: "forbidden-model", max_tokens: 1, messages }),
  Anthropic.PermissionDeniedError,
);

const openai = new OpenAI();
const completion = await openai.chat.completions.create({ model: "gpt-demo", messages });
assert.match(completion.choices[0].message.content, simulated);
assert.equal(completion.choices[0].finish_reason, "stop");

let text = "";
let usage;
const chunks = await openai.chat.completions.create({
  model: "gpt-demo",
  messages,
  stream: true,
  stream_options: { include_usage: true },
});
for await (const chunk of chunks) {
  text += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.match(text, simulated);
assert.ok(usage.total_tokens > 0);

// Who does not ask for usage does not get the chunk that carries it.
const plain = await openai.chat.completions.create({ model: "gpt-demo", messages, stream: true });
for await (const chunk of plain) assert.equal(chunk.choices.length, 1);

const response = await openai.responses.create({ model: "gpt-demo", input: "hello" });
assert.match(response.output_text, simulated);
const types = [];
for await (const event of await openai.responses.create({
  model: "gpt-demo",
  input: "hello",
  stream: true,
}))
  types.push(event.type);
assert.equal(types.at(0), "response.created");
assert.equal(types.at(-1), "response.completed");

const embedding = await openai.embeddings.create({ model: "text-embedding-demo", input: "hello" });
assert.equal(embedding.data[0].embedding.length, 1536);

const models = [];
for await (const model of openai.models.list()) models.push(model.id);
assert.ok(models.length > 0);

await assert.rejects(
  openai.chat.completions.create({ model: "forbidden-model", messages }),
  OpenAI.PermissionDeniedError,
);

console.log("both SDKs are satisfied");
