// A host built on the TypeScript SDK: signs in, calls a tool, refreshes its token, calls another.
// node oauth_client.mjs FOLDER_OF_NODE_MODULES URL; it prints the address for its user, and reads where that ended.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.argv[2]}/`);
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StreamableHTTPClientTransport } = require("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { UnauthorizedError } = require("@modelcontextprotocol/sdk/client/auth.js");

const url = new URL(process.argv[3]);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const kept = {};
const provider = {
  redirectUrl: "http://127.0.0.1:9/callback",
  clientMetadata: {
    client_name: "a host in TypeScript",
    redirect_uris: ["http://127.0.0.1:9/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: process.argv[4],
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: (tokens) => { kept.tokens = tokens; },
  saveCodeVerifier: (verifier) => { kept.verifier = verifier; },
  codeVerifier: () => kept.verifier,
  redirectToAuthorization: (address) => { console.log(JSON.stringify({ open: address.href })); },
};

async function connected() {
  const client = new Client({ name: "typescript", version: "1" });
  const transport = new StreamableHTTPClientTransport(url, { authProvider: provider });
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    const back = new URL((await lines.next()).value);
    await transport.finishAuth(back.searchParams.get("code"));
    return connected();
  }
  return client;
}

async function call(name, args) {
  const client = await connected();
  const result = await client.callTool({ name, arguments: args });
  await client.close();
  return result.content[0].text;
}

await call("add_message", { messages: "My canoe is made of cedar." });
const before = kept.tokens;
kept.tokens = { ...before, access_token: "one that expired" };
const found = await call("search_memory", { query: "What is my canoe made of?" });
console.log(JSON.stringify({ found, refreshed: kept.tokens.refresh_token !== before.refresh_token }));
process.exit(0);
