import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { withServer } from "../servers/with-server.ts";
import { printedAsShown, sameJson } from "./expected.ts";
import { type Block, markValue, PAGES, readBlocks } from "./pages.ts";
import { type Outcome, PROGRAMS, type Program, programsOf, SHOWN_REDIS, textOf, Walkthrough } from "./run.ts";

interface Page {
  readonly page: string;
  readonly blocks: readonly Block[];
}

const pages: readonly Page[] = PAGES.map((page) => ({ page, blocks: readBlocks(page) })).filter(
  ({ blocks }) => blocks.length > 0,
);

beforeAll(() => {
  rmSync(PROGRAMS, { recursive: true, force: true });
  mkdirSync(PROGRAMS, { recursive: true });
});

test("every snippet has the types it uses", () => {
  for (const { page, blocks } of pages) {
    for (const program of programsOf(page, blocks)) writeFileSync(program.file, textOf(program));
    for (const block of blocks) {
      const file = block.language === "ts" ? markValue(block, "file") : undefined;
      if (file) writeFileSync(join(PROGRAMS, file), block.text);
    }
  }
  const config = { extends: "../../tsconfig.json", include: ["*.ts"] };
  writeFileSync(join(PROGRAMS, "tsconfig.json"), JSON.stringify(config));
  const { stdout } = spawnSync("tsc", ["--noEmit", "--pretty", "false", "--project", PROGRAMS], {
    encoding: "utf8",
  });
  // What is wrong in the sources themselves is the type check's to say.
  expect(stdout.split("\n").filter((line) => line.startsWith(".snippets"))).toEqual([]);
});

const usesRedis = ({ blocks }: Page) => blocks.some(({ text }) => text.includes(SHOWN_REDIS));

describe("every snippet does what its page says", async () => {
  test.each(pages.filter((page) => !usesRedis(page)))("$page", (page) => follow(page));
  await withServer("redis", ({ url }) => {
    test.each(pages.filter(usesRedis))("$page", (page) => follow(page, url));
  });
});

async function follow({ page, blocks }: Page, redis?: string): Promise<void> {
  await using walkthrough = await Walkthrough.start(redis);
  const programs = programsOf(page, blocks);
  let last = "";
  const printed = new Map<Block, string>();
  for (const block of blocks) {
    const place = `${page}:${block.line}`;
    const file = markValue(block, "file");
    if (file) {
      walkthrough.writeFile(file, block.text);
    } else if (block.language === "ts") {
      const program = programs.find(({ blocks: [first] }) => first === block);
      if (program) await runProgram(walkthrough, program, printed, place);
      last = printed.get(block) ?? "";
    } else if (block.language === "sh") {
      last = await runShell(walkthrough, block, place);
    } else if (block.marks.includes("output")) {
      if (block.language === "json")
        expect(sameJson(JSON.parse(last), JSON.parse(block.text)), `${place}\n${last}`).toBe(true);
      else expect(printedAsShown(last, block.text), `${place} was not printed, but:\n${last}`).toBe(true);
    } else {
      expect(block.marks, `${place} is neither run nor compared; mark it`).toContain("figure");
    }
  }
}

async function runProgram(
  walkthrough: Walkthrough,
  program: Program,
  printed: Map<Block, string>,
  place: string,
): Promise<void> {
  const outcome = await walkthrough.program(program);
  expect(outcome.stderr, place).toBe("");
  expect(outcome.code, place).toBe(0);
  for (const [index, block] of program.blocks.entries()) printed.set(block, outcome.printed[index] ?? "");
}

/** Gives what the block printed. */
async function runShell(walkthrough: Walkthrough, block: Block, place: string): Promise<string> {
  if (block.marks.includes("serve")) {
    await walkthrough.serve(block.text.trim());
    return "";
  }
  if (block.marks.includes("ci")) {
    // What installs or tests this very checkout cannot run inside its own test; the pipeline runs it.
    const pipeline = readFileSync(".ci/run", "utf8");
    for (const command of block.text.trim().split(/\n|&&/)) expect(pipeline, place).toContain(command.trim());
    return "";
  }
  const { code, stdout, stderr }: Outcome = await walkthrough.shell(block.text);
  const fails = block.marks.includes("fails");
  expect(code !== 0, `${place} ended with ${code}\n${stdout}${stderr}`).toBe(fails);
  return fails ? stdout + stderr : stdout;
}
