import { KINDS, type Kind, type KindName } from "./catalogue.ts";
import { startContainer } from "./docker.ts";
import { ONLY_GIVEN, onlyGiven, programs } from "./programs.ts";

export interface Obtained {
  readonly url: string;
  /** One line about what it is and where it comes from, without its URL. */
  readonly summary: string;
  /** Ends it, if it was started for us. */
  remove(): Promise<void>;
}

/**
 * Finds or starts a server: the one named in the environment, else one of Debian's packages, else a container.
 *
 * @throws Error that tells why none of them can be had, and what to do.
 */
export async function obtainServer(name: KindName, postgres: () => Promise<string>): Promise<Obtained> {
  const kind: Kind = KINDS[name];
  const given = process.env[kind.variable];
  if (given) return describe(kind, { url: given, remove: async () => {} }, kind.variable);
  const reasons: string[] = [];
  if (onlyGiven()) reasons.push(ONLY_GIVEN);
  else {
    try {
      return await describe(kind, await kind.start(await programs(), postgres), "Debian's packages");
    } catch (error) {
      reasons.push((error as Error).message);
    }
    try {
      if (kind.image) return await describe(kind, await inContainer(kind.image, kind), "Docker");
    } catch (error) {
      reasons.push((error as Error).message);
    }
  }
  throw new Error(
    `No ${kind.title} (${reasons.join("; ")}). Name one in ${kind.variable}, or run the tests on Debian or Ubuntu, or beside Docker.`,
  );
}

async function inContainer(image: NonNullable<Kind["image"]>, { version }: Kind) {
  const { address, remove } = await startContainer(image, (address) => version(image.url(address)));
  return { url: image.url(address), remove };
}

async function describe(
  { title, version }: Kind,
  { url, remove }: { url: string; remove(): Promise<void> },
  from: string,
): Promise<Obtained> {
  try {
    return { url, remove, summary: `${title}: ${await version(url)} from ${from}` };
  } catch (error) {
    await remove();
    throw error;
  }
}
