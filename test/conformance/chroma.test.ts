import { ChromaClient } from "chromadb";
import { describeVectorIndex } from "../../src/testing/index.ts";
import { openVectorIndex } from "../../src/vectors/registry.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";
import { describeMemoryOver } from "./over-vectors.ts";

await withServer("chroma", ({ url }) => {
  const { hostname, port } = new URL(url);
  const collection = freshPrefix();
  const address = `chroma://${hostname}:${port}/${collection}`;

  const reset = async () => {
    const client = new ChromaClient({ host: hostname, port: Number(port) });
    const own = collection.replaceAll("-", "_");
    for (const { name } of await client.listCollections({ limit: 1000 })) {
      if (name.startsWith(own)) await client.deleteCollection({ name });
    }
  };

  describeVectorIndex({
    name: "chroma",
    open: (space) => openVectorIndex(address, { space }),
    openUnreachable: (space) => openVectorIndex("chroma://127.0.0.1:9", { space }),
    reset,
  });

  describeMemoryOver({ name: "chroma", open: (space) => openVectorIndex(address, { space }), reset });
});
