import { expect, vi } from "vitest";
import { ChangesForgottenError } from "../../core/errors.ts";
import type { Memory } from "../../memory.ts";
import { area } from "../suite.ts";
import { codeOf, collected, failure, type MemoryFixture } from "./fixture.ts";

const DAY = 86_400;

/** What a handle finds, as id and text. */
async function found(handle: Memory): Promise<Record<string, string>> {
  const { hits } = await handle.search("What does she like to drink?", { limit: 100 });
  return Object.fromEntries(hits.map(({ id, text }) => [id, text]));
}

export const sleeping = area<MemoryFixture>("sleeping for long", (verifies) => {
  verifies.moving(
    "memory.changes-forgotten",
    "tells who slept that changes are forgotten, and finds the same for it",
    async (fixture) => {
      const { memory } = fixture;
      const sleeper = await fixture.another();
      await memory.add([
        { id: "kept", text: "Likes to drink green tea" },
        { id: "changed", text: "Likes to drink black coffee" },
        { id: "gone", text: "Likes to drink cold milk" },
      ]);
      expect(Object.keys(await found(sleeper))).toHaveLength(3);
      expect(await found(memory)).toEqual(await found(sleeper));
      const seen = (await collected(sleeper.changes())).at(-1)?.sequence ?? 0;

      fixture.advance(DAY);
      await memory.update("changed", { text: "Likes to drink hot chocolate" });
      await memory.delete("gone");
      await memory.session("chat").append({ role: "user", content: "hello" });
      await memory.add({ id: "new", text: "Likes to drink apple juice" });
      fixture.advance(31 * DAY);
      await memory.add({ id: "newest", text: "Likes to drink plain water" });
      const missed = await vi.waitFor(() => failure(collected(sleeper.changes({ after: seen }))), {
        timeout: 30_000,
        interval: 20,
      });
      expect(missed).toBeInstanceOf(ChangesForgottenError);
      expect(missed.status).toBe(410);
      expect(await codeOf(collected(sleeper.changes({ after: seen, follow: true })))).toBe(
        "changes_forgotten",
      );

      const expected = {
        kept: "Likes to drink green tea",
        changed: "Likes to drink hot chocolate",
        new: "Likes to drink apple juice",
        newest: "Likes to drink plain water",
      };
      for (const handle of [sleeper, memory, await fixture.another()])
        expect(await found(handle)).toEqual(expected);

      await memory.update("newest", { importance: 1 });
      const { sequence } = missed as ChangesForgottenError;
      const since = await collected(sleeper.changes({ after: sequence }));
      expect(since.map(({ change, id }) => [change, id])).toEqual([["update", "newest"]]);
    },
    async ({ memory }) => {
      await memory.add({ id: "kept", text: "Likes to drink green tea" });
      expect((await collected(memory.changes({ after: 0 }))).map(({ id }) => id)).toEqual(["kept"]);
    },
  );
});
