import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { PAGES, readPage } from "./pages.ts";

const pages = [...PAGES, "CHANGELOG.md"];

/** Headings become anchors as GitHub makes them: lower case, punctuation dropped, spaces to hyphens, repeats numbered. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutBlocks(readPage(page)).matchAll(/^#{1,6}\s+(.+)$/gm)) {
    const plain = heading.replaceAll(/`|\*\*|\[([^\]]*)\]\([^)]*\)/g, "$1");
    const base = plain
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    let anchor = base;
    for (let repeat = 1; anchors.has(anchor); repeat++) anchor = `${base}-${repeat}`;
    anchors.add(anchor);
  }
  return anchors;
}

function withoutBlocks(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "");
}

function linksOf(page: string): string[] {
  return [...withoutBlocks(readPage(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

describe("links", () => {
  test.each(pages)("%s links to pages, files and headings that exist", (page) => {
    const broken = linksOf(page)
      .filter((link) => !/^(https?|mailto):/.test(link))
      .filter((link) => {
        const [path = "", anchor] = link.split("#");
        const file = path === "" ? page : join(dirname(page), path);
        if (!existsSync(file)) return true;
        return anchor !== undefined && !anchorsOf(file).has(anchor);
      });
    expect(broken).toEqual([]);
  });

  test("every page can be reached from the README", () => {
    const reached = new Set<string>();
    const visit = (page: string) => {
      if (reached.has(page) || !pages.includes(page)) return;
      reached.add(page);
      for (const link of linksOf(page)) visit(relative(".", join(dirname(page), link.split("#")[0] ?? "")));
    };
    visit("README.md");
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});
