import { openBullmqJobStore } from "../../src/jobs/bullmq/index.ts";
import { describeJobQueue } from "../../src/testing/index.ts";
import { freshPrefix, withServer } from "../servers/with-server.ts";

await withServer("redis", ({ url }) => {
  let prefix = "";

  describeJobQueue({
    name: "bullmq",
    open: () => openBullmqJobStore({ url, prefix, lease: 2000 }),
    reset: async () => {
      prefix = `{${freshPrefix()}}`;
    },
    capabilities: { clock: false },
  });
});
