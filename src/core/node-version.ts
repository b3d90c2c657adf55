/** The first Node version whose parts Memoir uses: `node:sqlite` without a flag, and running TypeScript as it is. */
const NEEDED = [22, 18] as const;

/** What to tell somebody whose Node is too old; null when it is not, or when this is another runtime. */
export function nodeProblem(version: string | undefined): string | null {
  if (version === undefined) return null;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return null;
  return `Memoir needs Node ${NEEDED.join(".")} or newer; this is Node ${version}. Get a newer one from https://nodejs.org.`;
}
