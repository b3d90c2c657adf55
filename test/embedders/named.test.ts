import { expect, test } from "vitest";
import { ValidationError } from "../../src/core/errors.ts";
import { createEmbedder } from "../../src/embedders/named.ts";

test.each([
  ["static", "static-256"],
  ["minilm", "minilm-l6-v2-int8"],
])("%s opens the embedder with id %s", async (name, id) => {
  const embedder = await createEmbedder(name);
  expect(embedder.id).toBe(id);
  expect((await embedder.embed(["hello"]))[0]).toHaveLength(embedder.dimensions);
});

test("hands on the options", async () => {
  await expect(createEmbedder("static", { url: "/nowhere/model.bin" })).rejects.toThrow("/nowhere/model.bin");
  await expect(createEmbedder("minilm", { folder: "/nowhere" })).rejects.toThrow("/nowhere");
});

test.each(["", "openai", "toString", "Static"])(
  "refuses the name %j and says which there are",
  async (name) => {
    const opening = createEmbedder(name);
    await expect(opening).rejects.toThrow(ValidationError);
    await expect(opening).rejects.toThrow(/static, minilm/);
  },
);
