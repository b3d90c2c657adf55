import { afterAll } from "vitest";
import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { serveQdrant } from "../vectors/servers/qdrant.ts";
import { describeGiven, describeMemoryOver } from "./over-vectors.ts";

const server = await serveQdrant({ key: "a key" });
afterAll(() => server.close());

const subject = {
  name: "qdrant",
  open: (space: Parameters<typeof openVectorIndex>[1]["space"]) =>
    openVectorIndex(`qdrant://:a%20key@127.0.0.1:${server.port}/suite`, { space }),
  reset: async () => server.reset(),
};

describeVectorIndex({
  ...subject,
  openUnreachable: (space) => openVectorIndex("qdrant://127.0.0.1:9/suite", { space }),
});
describeMemoryOver(subject);
describeGiven("qdrant");
