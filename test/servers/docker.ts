import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const ATTEMPTS = 300;

export interface Image {
  readonly name: string;
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** The server's command line, in place of the image's. */
  readonly command?: readonly string[];
}

/** Runs a server in a container and gives its address, once `ready` finds it answering. */
export async function startContainer(
  image: Image,
  ready: (address: string) => Promise<unknown>,
): Promise<{ address: string; remove(): Promise<void> }> {
  const environment = Object.entries(image.environment ?? {}).flatMap(([key, value]) => [
    "-e",
    `${key}=${value}`,
  ]);
  const id = await docker(
    ...["run", "--rm", "--detach", "--publish", `127.0.0.1::${image.port}`, ...environment],
    ...[image.name, ...(image.command ?? [])],
  );
  const remove = async () => {
    await docker("rm", "--force", "--volumes", id);
  };
  try {
    const address = (await docker("port", id, `${image.port}/tcp`)).split("\n")[0] ?? "";
    for (let attempt = 1; ; attempt++) {
      const failure = await ready(address).then(() => null, String);
      if (failure === null) return { address, remove };
      if (attempt === ATTEMPTS) throw new Error(`${image.name} did not answer: ${failure}`);
      await sleep(100);
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

async function docker(...parameters: string[]): Promise<string> {
  try {
    return (await run("docker", parameters)).stdout.trim();
  } catch (cause) {
    const { code, stderr = "" } = cause as { code?: unknown; stderr?: string };
    const reason = code === "ENOENT" ? "there is no docker on this machine" : stderr.trim().split("\n")[0];
    throw new Error(`Docker: ${reason}`, { cause });
  }
}
