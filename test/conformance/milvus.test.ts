import { afterAll } from "vitest";
import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { serveMilvus } from "../vectors/servers/milvus.ts";
import { describeGiven, describeMemoryOver } from "./over-vectors.ts";

const server = await serveMilvus({ token: "root:secret" });
afterAll(() => server.close());

const subject = {
  name: "milvus",
  open: (space: Parameters<typeof openVectorIndex>[1]["space"]) =>
    openVectorIndex(`milvus://root:secret@127.0.0.1:${server.port}/suite`, { space }),
  reset: async () => server.reset(),
};

describeVectorIndex({
  ...subject,
  openUnreachable: (space) => openVectorIndex("milvus://127.0.0.1:9/suite", { space }),
});
describeMemoryOver(subject);
describeGiven("milvus");
