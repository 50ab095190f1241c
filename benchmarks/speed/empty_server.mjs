// The least that the MCP SDK for Node can be: one tool that answers at once.
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { z } from "zod";

const server = new McpServer({ name: "empty", version: "1.0.0" });
server.registerTool("search_memory", { inputSchema: { query: z.string() } }, async ({ query }) => ({
  content: [{ type: "text", text: `Nothing is known of ${query}.` }],
}));
await server.connect(new StdioServerTransport());
