import { expect, onTestFinished, test } from "vitest";
import { ownSchema } from "../conformance/emptied.ts";
import { query } from "../servers/postgres.ts";
import { withServer } from "../servers/with-server.ts";
import { memoir } from "./memoir.ts";

await withServer("postgres", (server) => {
  test("doctor tells whether PostgreSQL can search by itself", async () => {
    await query(server.url, "SELECT pg_advisory_xact_lock(2); CREATE EXTENSION IF NOT EXISTS vector");
    const { url } = await ownSchema(server.url, { ordinary: true, after: onTestFinished });
    const arguments_ = ["doctor", "--store", url, "--index", "store"];
    const { code, stdout } = await memoir(arguments_, { env: { PORT: "0" } });
    expect(stdout).toMatch(/^ok +search +postgres searches large scopes by itself\.$/m);
    expect(code).toBe(0);
  });
});
