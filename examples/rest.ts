// The REST contract from TypeScript: `memos-mcp serve`, then `node examples/rest.ts [BASE_URL]` (Node 22.18 or newer).
const base: string = process.argv[2] ?? "http://127.0.0.1:8765/api/openmem/v1";

type Found = { memory_detail_list: { memory_value: string }[] };

async function call<T>(route: string, body: object): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${base}/${route}`, { method: "POST", headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer.data;
}

const messages = [{ role: "user", content: "The roses need water every second day." }];
await call("add/message", { user_id: "ana", conversation_id: "garden", messages, async_mode: false });

const found = await call<Found>("search/memory", { user_id: "ana", query: "How often are the roses watered?" });
for (const known of found.memory_detail_list) console.log(known.memory_value);
