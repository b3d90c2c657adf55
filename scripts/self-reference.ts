/**
 * Lets programs of this repository import the package by its name without a build: `node --import ./scripts/self-reference.ts
 * examples/chat.ts`. The names are those of package.json, the modules their sources.
 */
import { registerHooks } from "node:module";
import { readEntries } from "./entries.ts";

const sources = new Map(
  readEntries().map(({ specifier, source }) => [specifier, new URL(`../${source}`, import.meta.url).href]),
);

registerHooks({
  resolve: (specifier, context, next) => next(sources.get(specifier) ?? specifier, context),
});
