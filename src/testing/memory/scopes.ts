import { expect } from "vitest";
import { NEIGHBOURS } from "../odd-text.ts";
import { area } from "../suite.ts";
import { codeOf, collected, failure, fieldsOf, type MemoryFixture } from "./fixture.ts";

export const scopes = area<MemoryFixture>("scopes", (verifies) => {
  verifies("memory.scope-narrows", "only ever gets narrower", async ({ memory }) => {
    const alice = memory.scope({ userId: "alice", namespace: ["team", "a/b"] });
    expect(alice.currentScope).toMatchObject({ userId: "alice", namespace: "team/a%2Fb", agentId: null });
    expect(alice.scope({ agentId: "x" }).scope({ userId: "alice" }).currentScope.agentId).toBe("x");
    expect(() => alice.scope({ userId: "bob" })).toThrow(/already "alice"/);
    expect(() => alice.scope({ userId: "" })).toThrow(/userId/);
    expect(await fieldsOf(alice.add({ text: "x", userId: "bob" }))).toEqual(["userId"]);
    expect((await alice.add({ text: "x", userId: "alice" })).record.namespace).toBe("team/a%2Fb");
  });

  for (const field of ["namespace", "userId", "agentId", "sessionId"] as const) {
    verifies("memory.scope-exact", `shows no ${field} the records of another`, async ({ memory }) => {
      const inputs = NEIGHBOURS.map((label, index) => ({
        id: `r${index}`,
        text: "The same words",
        [field]: label,
      }));
      await memory.add([...inputs, { id: "none", text: "The same words" }]);
      for (const [index, label] of NEIGHBOURS.entries()) {
        const scoped = memory.scope({ [field]: label });
        const { records, total } = await scoped.list();
        expect([records.map(({ id }) => id), total], label).toEqual([[`r${index}`], 1]);
        const { hits } = await scoped.search("same words", { touch: false });
        expect(
          hits.map(({ id }) => id),
          label,
        ).toEqual([`r${index}`]);
        expect(await scoped.get(`r${(index + 1) % NEIGHBOURS.length}`)).toBeNull();
        expect(await scoped.get("none")).toBeNull();
        expect((await scoped.get(`r${index}`))?.[field]).toBe(label);
      }
      expect((await memory.list({ limit: 1000 })).total).toBe(NEIGHBOURS.length + 1);
    });
  }

  verifies("memory.scope-ids", "takes no id for another", async ({ memory }) => {
    await memory.add(NEIGHBOURS.map((id) => ({ id, text: `text of ${id}` })));
    for (const id of NEIGHBOURS) {
      expect((await memory.get(id))?.text, id).toBe(`text of ${id}`);
      expect(await memory.history(id), id).toHaveLength(1);
    }
    for (const id of NEIGHBOURS) expect(await memory.delete(id)).toEqual([id]);
  });

  verifies("memory.scope-sessions", "takes no session for another", async ({ memory }) => {
    const message = (content: string) => ({ role: "user", content });
    for (const label of NEIGHBOURS) {
      await memory.session(label).append(message(`session ${label}`));
      await memory
        .scope({ userId: label })
        .session("chat")
        .append(message(`user ${label}`));
      await memory
        .scope({ namespace: label })
        .session("chat")
        .append(message(`namespace ${label}`));
    }
    for (const label of NEIGHBOURS) {
      const contents = async (session: { messages(): Promise<readonly { content: string }[]> }) =>
        (await session.messages()).map(({ content }) => content);
      expect(await contents(memory.session(label))).toEqual([`session ${label}`]);
      expect(await contents(memory.scope({ userId: label }).session("chat"))).toEqual([`user ${label}`]);
      expect(await contents(memory.scope({ namespace: label }).session("chat"))).toEqual([
        `namespace ${label}`,
      ]);
    }
  });

  verifies.tenants(
    "memory.tenants",
    "keeps tenants apart",
    async ({ memory }) => {
      const acme = memory.scope({ tenant: "acme" });
      const other = memory.scope({ tenant: "a/c%me" });
      const key = { idempotencyKey: "k" };
      await acme.add({ id: "a", text: "The secret of acme" }, key);
      await acme.session("chat").append({ role: "user", content: "acme's" });
      for (const foreign of [other, memory]) {
        expect(await foreign.get("a")).toBeNull();
        expect((await foreign.list()).total).toBe(0);
        expect((await foreign.search("secret of acme")).hits).toEqual([]);
        expect(await foreign.history("a")).toEqual([]);
        expect(await foreign.delete("a")).toEqual([]);
        expect(await codeOf(foreign.update("a", { text: "x" }))).toBe("record_not_found");
        expect(await foreign.session("chat").read()).toBeNull();
        expect((await foreign.sessions()).total).toBe(0);
        expect(await collected(foreign.changes())).toEqual([]);
        const own = await foreign.add({ id: "a", text: "The secret of acme" }, key);
        expect(own).toMatchObject({ status: "created", record: { version: 1 } });
      }
      expect(await acme.history("a")).toHaveLength(1);
    },
    async ({ memory }) => {
      const other = memory.scope({ tenant: "somebody-else" });
      for (const call of [other.add("x"), other.get("x"), other.search("x"), other.session("s").read()]) {
        const { code } = await failure(call);
        expect(["forbidden", "not_supported"]).toContain(code);
      }
    },
  );
});
