/** Opens a memory with jobs at a URL where a package is not installed, and prints the error: `without-packages.ts JOBS PACKAGE`. */
import { registerHooks } from "node:module";

const [jobs = "", missing = ""] = process.argv.slice(2);
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== missing) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${missing}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

const { openMemory } = await import("../../src/index.ts");
try {
  await openMemory({ store: "memory:", jobs });
} catch (error) {
  const { code, message } = error as { code: string; message: string };
  process.stdout.write(JSON.stringify({ code, message }));
}
