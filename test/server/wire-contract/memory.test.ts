import { serveMemory } from "../served.ts";
import { describeWireContract } from "../wire/describe.ts";

describeWireContract({ name: "memory", open: (options) => serveMemory("memory:", options) });
