import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memoir, onFolder, temporaryFolder, writeLines } from "./memoir.ts";
import { served } from "./served.ts";

describe("serve", () => {
  test("tells where it listens, serves the data, and stops cleanly on Ctrl+C", async () => {
    const folder = temporaryFolder();
    const { child, result, address } = await served(folder);
    expect(address).toMatchObject({ store: join(folder, "memory.db"), embedder: "static" });
    expect((await fetch(`${address.url}/v1/health`)).status).toBe(200);
    const remote = (...args: string[]) => memoir(["--store", address.url, ...args]);
    expect((await remote("add", "Kept on the server", "--id", "r", "--user", "ann")).code).toBe(0);
    const found = await remote("--json", "search", "server", "--user", "ann");
    expect(JSON.parse(found.stdout).hits[0].id).toBe("r");
    expect((await remote("get", "nobody")).code).toBe(3);
    const file = writeLines(folder, "turns.jsonl", [
      { role: "user", content: "Hello", createdAt: "2024-01-01T00:00:00Z" },
      { role: "assistant", content: "Hi", createdAt: "2024-01-01T00:00:01Z" },
    ]);
    const imported = await remote("--json", "import", file, "--sessions");
    expect(JSON.parse(imported.stdout)).toMatchObject({ created: 2, messages: 2, invalid: 0 });
    const exported = await remote("export", join(folder, "export.jsonl"));
    expect(exported.stdout).toContain("3 records and 1 sessions");
    const doctor = await remote("--json", "doctor");
    expect(JSON.parse(doctor.stdout).findings).toContainEqual(
      expect.objectContaining({ check: "server", status: "ok" }),
    );
    child.kill("SIGINT");
    expect((await result).code).toBe(0);
    expect((await onFolder(folder).run("get", "r")).code).toBe(0);
  });

  test("lets in only whoever brings the token", async () => {
    const folder = temporaryFolder();
    const { child, result, address } = await served(folder, "--token", "sesame");
    const remote = (...args: string[]) => memoir(["--store", address.url, ...args]);
    expect((await remote("list")).code).toBe(6);
    expect((await remote("list", "--token", "wrong")).code).toBe(6);
    expect((await remote("list", "--token", "sesame")).code).toBe(0);
    const env = { MEMORY_TOKEN: "sesame" };
    expect((await memoir(["--store", address.url, "list"], { env })).code).toBe(0);
    child.kill("SIGTERM");
    expect((await result).code).toBe(0);
  });

  test("refuses what would not work, and an open door", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, "127.0.0.1", done));
    const { port } = taken.address() as { port: number };
    const busy = await cli.run("serve", "--port", String(port));
    expect(busy).toMatchObject({ code: 2, stdout: "" });
    expect(busy.stderr).toContain(String(port));
    const doctor = await memoir(["--json", "doctor", "--data", folder], { env: { PORT: String(port) } });
    expect(JSON.parse(doctor.stdout).findings).toContainEqual(
      expect.objectContaining({ check: "port", status: "warning" }),
    );
    taken.close();
    expect((await cli.run("serve", "--port", "0", "--host", "0.0.0.0")).code).toBe(2);
    expect((await memoir(["serve", "--store", "http://127.0.0.1:9"])).code).toBe(2);
    expect((await cli.run("serve", "--port", "99999")).code).toBe(2);
  });
});
