/** Measures one section in a process of its own, so that no section feels what another one left behind. */
import { SECTIONS, type SectionName } from "./sections/index.ts";
import type { SectionOptions } from "./sections/section.ts";

process.once("message", async ({ section, options }: { section: SectionName; options: SectionOptions }) => {
  process.send?.(await SECTIONS[section](options));
  process.disconnect();
});
