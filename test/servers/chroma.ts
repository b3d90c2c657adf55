import { resolve } from "node:path";
import { freePort, ServerProcess, serverFolder } from "./process.ts";

/** The command line of the client's package, which is the server too. */
const CHROMA = resolve("node_modules/chromadb/dist/cli.mjs");

/** Starts a Chroma of our own on this machine. */
export async function startChroma(
  node: readonly string[],
): Promise<{ url: string; remove(): Promise<void> }> {
  const port = await freePort();
  const folder = serverFolder();
  const url = `http://127.0.0.1:${port}`;
  const [program = "", ...parameters] = node;
  const server = new ServerProcess({
    program,
    folder: folder.path,
    parameters: [
      ...parameters,
      CHROMA,
      "run",
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--path",
      "data",
    ],
    ready: () => chromaVersion(url),
    // It is read from the checkout, which may be ours alone.
    asOurselves: true,
    // It takes no notice of SIGTERM.
    stopSignal: "SIGKILL",
  });
  await server.start();
  return {
    url,
    async remove() {
      await server.stop();
      folder.remove();
    },
  };
}

export async function chromaVersion(url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v2/version`);
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  return (await answer.json()) as string;
}
