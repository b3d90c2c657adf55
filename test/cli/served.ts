import { ended, start } from "./memoir.ts";

interface Served {
  readonly url: string;
  readonly port: number;
  readonly store: string;
  readonly embedder: string;
}

/** Starts a server on a free port, in a process of its own, and waits for its address. */
export async function served(folder: string, ...args: string[]) {
  const child = start(["--data", folder, "--json", "serve", "--port", "0", "--log-level", "silent", ...args]);
  const result = ended(child);
  const address = await new Promise<Served>((done, fail) => {
    child.stdout?.once("data", (text: string) => done(JSON.parse(text)));
    result.then(({ code, stderr }) => fail(new Error(`ended with ${code}: ${stderr}`)), fail);
  });
  return { child, result, address };
}
