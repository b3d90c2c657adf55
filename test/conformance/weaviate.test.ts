import { afterAll } from "vitest";
import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { serveWeaviate } from "../vectors/servers/weaviate.ts";
import { describeGiven, describeMemoryOver } from "./over-vectors.ts";

const server = await serveWeaviate({ key: "secret" });
afterAll(() => server.close());

const subject = {
  name: "weaviate",
  open: (space: Parameters<typeof openVectorIndex>[1]["space"]) =>
    openVectorIndex(`weaviate://:secret@127.0.0.1:${server.port}/suite?grpcPort=${server.grpcPort}`, {
      space,
    }),
  reset: async () => server.reset(),
};

describeVectorIndex({
  ...subject,
  openUnreachable: (space) => openVectorIndex("weaviate://127.0.0.1:9/suite?grpcPort=9", { space }),
});
describeMemoryOver(subject);
describeGiven("weaviate");
