import { afterAll } from "vitest";
import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { servePinecone } from "../vectors/servers/pinecone.ts";
import { describeGiven, describeMemoryOver } from "./over-vectors.ts";

const server = await servePinecone({ key: "secret" });
afterAll(() => server.close());

const subject = {
  name: "pinecone",
  open: (space: Parameters<typeof openVectorIndex>[1]["space"]) =>
    openVectorIndex(`pinecone://:secret@127.0.0.1:${server.port}/suite`, { space }),
  reset: async () => server.reset(),
};

describeVectorIndex({
  ...subject,
  openUnreachable: (space) => openVectorIndex("pinecone://127.0.0.1:9/suite", { space }),
});
describeMemoryOver(subject);
describeGiven("pinecone");
