import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MemoryRecord, SessionState } from "../../src/index.ts";
import { ended, jsonLines, memoir, onFolder, start, temporaryFolder, writeLines } from "./memoir.ts";

interface Counts {
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly duplicates: number;
  readonly sessions: number;
  readonly messages: number;
  readonly invalid: number;
  readonly leftOut: Readonly<Record<string, number>>;
}

/** Everything that is stored, without what may differ between two looks. */
async function everything(cli: ReturnType<typeof onFolder>): Promise<unknown[]> {
  const { stdout } = await cli.run("export");
  return jsonLines(stdout).slice(1);
}

async function allRecords(cli: ReturnType<typeof onFolder>): Promise<MemoryRecord[]> {
  return cli.lines<MemoryRecord>("list", "--all", "--order", "oldest");
}

describe("records", () => {
  test("are kept with all their fields; what is no field becomes metadata", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = writeLines(folder, "records.jsonl", [
      {
        text: "Alice likes tea",
        user_id: "alice",
        topics: ["drinks"],
        colour: "green",
        memory_type: "episodic",
      },
      {
        id: 7,
        text: "Hello there",
        speaker: "Bob",
        createdAt: "2024-01-01T10:00:00Z",
        sessionId: "s1",
        hash: "x",
      },
      {
        id: "fact",
        text: "Water boils",
        eventDate: "2024-02-03",
        metadata: { a: [1] },
        importance: 1,
        pinned: true,
      },
    ]);
    expect(await cli.json<Counts>("import", file)).toMatchObject({ created: 3, invalid: 0 });
    const [hello, ...others] = await allRecords(cli);
    expect(hello).toMatchObject({
      id: "7",
      type: "message",
      speaker: "Bob",
      sessionId: "s1",
      createdAt: "2024-01-01T10:00:00Z",
      version: 1,
    });
    expect(others).toHaveLength(2);
    expect(others).toContainEqual(
      expect.objectContaining({
        text: "Alice likes tea",
        userId: "alice",
        type: "episodic",
        metadata: { colour: "green" },
      }),
    );
    expect(others).toContainEqual(
      expect.objectContaining({
        id: "fact",
        eventDate: "2024-02-03T00:00:00Z",
        metadata: { a: [1] },
        pinned: true,
      }),
    );
  });

  test("imported twice change nothing, not even what was edited since", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const lines = [
      { id: "a", text: "one" },
      { text: "two" },
      { text: "two", speaker: "Ann" },
      { text: "two", speaker: "Ann" },
    ];
    const file = writeLines(folder, "records.jsonl", lines);
    expect(await cli.json<Counts>("import", file)).toMatchObject({ created: 4 });
    await cli.run("update", "a", "--text", "edited here");
    const before = await everything(cli);
    expect(await cli.json<Counts>("import", file)).toMatchObject({ created: 0, updated: 0, unchanged: 4 });
    expect(await everything(cli)).toEqual(before);
    expect(await cli.json<Counts>("import", file, "--update")).toMatchObject({ updated: 1, unchanged: 3 });
    expect((await cli.json<MemoryRecord>("get", "a")).text).toBe("one");
  });

  test("go into the scope of the options, each scope for itself", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = writeLines(folder, "records.jsonl", [{ text: "Shared words" }]);
    await cli.json<Counts>("import", file, "--user", "alice");
    expect(await cli.json<Counts>("import", file, "--user", "bob")).toMatchObject({ created: 1 });
    expect((await allRecords(cli)).map(({ userId }) => userId).sort()).toEqual(["alice", "bob"]);
    const other = writeLines(folder, "other.jsonl", [{ text: "Not hers", userId: "bob" }]);
    const refused = await cli.run("import", other, "--user", "alice");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("line 1: userId");
  });

  test("bad lines are named and counted, the others are kept", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const taken = writeLines(folder, "taken.jsonl", [{ id: "taken", text: "mine", userId: "alice" }]);
    await cli.run("import", taken);
    const file = writeLines(folder, "records.jsonl", [
      { id: "good", text: "good" },
      "{broken",
      { id: "empty", text: "" },
      "",
      { id: "future", text: "x", createdAt: "2999-01-01" },
      ["a list"],
      { id: "taken", text: "theirs", userId: "bob" },
      { id: "last", text: "good too" },
    ]);
    appendFileSync(file, Buffer.from([0x7b, 0xff, 0x7d, 0x0a]));
    const { code, stdout, stderr } = await cli.run("import", file);
    expect(code).toBe(1);
    expect(stdout).toContain("2 created");
    expect(stdout).toContain("6 could not be imported");
    const named = stderr
      .trim()
      .split("\n")
      .map((line) => line.replace(/^.*records\.jsonl, /, ""));
    expect(named).toHaveLength(6);
    for (const start of [
      "line 2: is not JSON",
      "line 3: text",
      "line 5: createdAt",
      "line 6: must be a JSON object",
      "line 7: ",
      "line 9: is not UTF-8",
    ])
      expect(named.filter((line) => line.startsWith(start))).toHaveLength(1);
    const skipping = await cli.run("--json", "import", file, "--skip-invalid");
    expect(skipping.code).toBe(0);
    expect(JSON.parse(skipping.stdout)).toMatchObject({ created: 0, unchanged: 2, invalid: 6 });
    expect(jsonLines(skipping.stderr)).toContainEqual({
      invalid: { place: expect.stringMatching(/records\.jsonl, line 2$/), reason: "is not JSON" },
    });
    expect((await allRecords(cli)).map(({ id }) => id).sort()).toEqual(["good", "last", "taken"]);
  });

  test("may come as one JSON array, through standard input, or with a byte order mark", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const input = ` [\n{"id":"a","text":"one"}, {"id":"b","text":"two \\u2028 lines"}]`;
    const piped = await memoir(["--data", folder, "--json", "import", "-"], { input });
    expect(JSON.parse(piped.stdout)).toMatchObject({ created: 2 });
    const file = join(folder, "mark.jsonl");
    writeFileSync(file, `\uFEFF\r\n{"id":"c","text":"three \u2028 lines"}\r\n{"id":"d","text":"four"}`);
    expect(await cli.json<Counts>("import", file)).toMatchObject({ created: 2 });
    expect((await cli.json<MemoryRecord>("get", "c")).text).toBe("three \u2028 lines");
  });

  test("files that cannot be understood are refused before anything is written", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const good = writeLines(folder, "good.jsonl", [{ text: "good" }]);
    const strange = writeLines(folder, "strange.jsonl", [{ something: "else" }]);
    const prose = writeLines(
      folder,
      "prose.txt",
      Array.from({ length: 30 }, () => "Dear diary"),
    );
    expect(await cli.run("import", good, join(folder, "missing.jsonl"))).toMatchObject({ code: 2 });
    expect(await cli.run("import", folder)).toMatchObject({ code: 2 });
    const unknown = await cli.run("import", strange);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("--format");
    expect((await cli.run("import", prose)).code).toBe(2);
    expect(await allRecords(cli)).toEqual([]);
    const broken = join(folder, "broken.json");
    writeFileSync(broken, '[{"id":"x","text":"before"},\n{"id":"y","text":"aft');
    const cut = await cli.run("import", broken, "--skip-invalid");
    expect(cut.code).toBe(1);
    expect(cut.stderr).toContain("broken JSON");
    expect((await allRecords(cli)).map(({ id }) => id)).toEqual(["x"]);
  });
});

describe("messages", () => {
  const lines = [
    { role: "user", content: "Book a flight to Rome", createdAt: "2024-01-01T10:00:00Z", name: "Ann" },
    {
      role: "assistant",
      content: [
        { type: "text", text: "Gladly." },
        { type: "image_url", image_url: { url: "x" } },
      ],
    },
    { role: "user", content: "ok" },
    { role: "user", content: "ok" },
    { role: "assistant", content: null, tool_calls: [{ id: "c" }] },
    { id: "m9", session_id: "other", role: "user", content: "Elsewhere", timestamp: 1_704_103_200 },
  ];

  test("become kept turns, and with --sessions working memory", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = writeLines(folder, "trip.jsonl", lines);
    expect(await cli.json<Counts>("import", file, "--sessions", "--user", "ann")).toMatchObject({
      created: 5,
      sessions: 2,
      messages: 5,
      leftOut: { "message without text": 1 },
    });
    const records = await allRecords(cli);
    expect(records.every(({ type, userId }) => type === "message" && userId === "ann")).toBe(true);
    expect(records.find(({ text }) => text.startsWith("Book"))).toMatchObject({
      speaker: "Ann",
      sessionId: "trip",
      createdAt: "2024-01-01T10:00:00Z",
    });
    expect(records.map(({ text }) => text)).toContain("Gladly.\n[image]");
    expect(records.filter(({ text }) => text === "ok")).toHaveLength(2);
    expect(records.find(({ text }) => text === "Elsewhere")).toMatchObject({
      sessionId: "other",
      speaker: "user",
      createdAt: "2024-01-01T10:00:00Z",
      extractedFrom: ["m9"],
    });
    const session = await cli.json<SessionState>("sessions", "trip", "--user", "ann");
    expect(session.messages.map(({ role, content }) => [role, content])).toEqual([
      ["user", "Book a flight to Rome"],
      ["assistant", "Gladly.\n[image]"],
      ["user", "ok"],
      ["user", "ok"],
    ]);
    expect(session.messages.every(({ persistedAt }) => persistedAt !== null)).toBe(true);
    const before = await everything(cli);
    expect(await cli.json<Counts>("import", file, "--sessions", "--user", "ann")).toMatchObject({
      created: 0,
      unchanged: 5,
      messages: 0,
    });
    expect(await everything(cli)).toEqual(before);
  });

  test("of standard input need a session, which --session gives", async () => {
    const folder = temporaryFolder();
    const input = JSON.stringify({ role: "user", content: "Hello" });
    const without = await memoir(["--data", folder, "import", "-"], { input });
    expect(without.code).toBe(1);
    expect(without.stderr).toContain("--session");
    const withOne = await memoir(["--data", folder, "--json", "import", "-", "--session", "s"], { input });
    expect(JSON.parse(withOne.stdout)).toMatchObject({ created: 1 });
    expect((await allRecords(onFolder(folder)))[0]?.sessionId).toBe("s");
  });
});

const at = (minute: number) => 1_714_557_600 + minute * 60;

function node(id: string, parent: string | null, children: string[], message: object | null = null) {
  return [id, { id, parent, children, message }];
}

function said(id: string, role: string, parts: unknown[], minute: number, more: object = {}) {
  return {
    id,
    author: { role },
    create_time: at(minute),
    content: { content_type: "text", parts },
    recipient: "all",
    metadata: {},
    ...more,
  };
}

/** A conversation with an edited question: the branch of q2 was left for that of q3. */
const CHATGPT = {
  title: "Garden plans",
  create_time: at(0),
  conversation_id: "conv-garden",
  current_node: "a3",
  mapping: Object.fromEntries([
    node("root", null, ["sys"]),
    node("sys", "root", ["q1"], said("sys", "system", [""], 0)),
    node("q1", "sys", ["a1"], said("q1", "user", ["When do I plant tomatoes?"], 1)),
    node(
      "a1",
      "q1",
      ["q2", "q3"],
      said("a1", "assistant", ["After the last frost."], 2, { metadata: { model_slug: "some-model" } }),
    ),
    node("q2", "a1", ["a2"], said("q2", "user", ["And beans?"], 3)),
    node("a2", "q2", [], said("a2", "assistant", ["In May."], 4)),
    node(
      "q3",
      "a1",
      ["tool"],
      said(
        "q3",
        "user",
        ["", { content_type: "image_asset_pointer", asset_pointer: "file://x" }, "What is this plant?"],
        5,
        {
          content: {
            content_type: "multimodal_text",
            parts: [
              { content_type: "image_asset_pointer", asset_pointer: "file://x" },
              "What is this plant?",
            ],
          },
        },
      ),
    ),
    node("tool", "q3", ["think"], said("tool", "assistant", ["search(plant)"], 6, { recipient: "browser" })),
    node(
      "think",
      "tool",
      ["a3"],
      said("think", "assistant", [], 6, {
        content: { content_type: "thoughts", thoughts: [{ content: "hm" }] },
      }),
    ),
    node("a3", "think", [], said("a3", "assistant", ["A sunflower."], 7)),
  ]),
};

const CLAUDE = {
  uuid: "c0ffee",
  name: "Bread",
  created_at: "2024-05-01T10:00:00Z",
  chat_messages: [
    {
      uuid: "m1",
      sender: "human",
      text: "How long does it rise?",
      content: [{ type: "text", text: "How long does it rise?" }],
      created_at: "2024-05-01T10:00:01+00:00",
      attachments: [{ file_name: "recipe.txt", extracted_content: "flour" }],
      files: [{ file_name: "loaf.jpg" }],
    },
    {
      uuid: "m2",
      sender: "assistant",
      text: "An hour.\n```\nThis block is not supported.\n```",
      content: [
        { type: "thinking", thinking: "warm or cold?" },
        { type: "text", text: "An hour." },
        { type: "tool_use", name: "timer", input: {} },
        { type: "text", text: "In a warm room." },
      ],
      created_at: "2024-05-01T10:00:09Z",
    },
    { uuid: "m3", sender: "human", text: "", content: [], created_at: "2024-05-01T10:01:00Z" },
    { uuid: "m4", sender: "human", text: "Thanks, from an older export", created_at: "2024-05-01T10:02:00Z" },
  ],
};

describe("ChatGPT", () => {
  test("the branch that was last looked at is imported, parts that are no text are named", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = join(folder, "conversations.json");
    const orphan = {
      ...CHATGPT,
      conversation_id: undefined,
      id: "conv-2",
      current_node: "gone",
      title: null,
    };
    writeFileSync(file, JSON.stringify([CHATGPT, orphan]));
    const counts = await cli.json<Counts>("import", file, "--sessions", "--user", "gardener");
    expect(counts).toMatchObject({ created: 8, sessions: 2, invalid: 0 });
    expect(counts.leftOut).toEqual({
      "system message": 2,
      "message to a tool": 2,
      "message without text": 2,
    });
    const records = (await allRecords(cli)).filter(({ sessionId }) => sessionId === "conv-garden");
    expect(records.map(({ text, speaker, createdAt }) => [text, speaker, createdAt])).toEqual([
      ["When do I plant tomatoes?", "user", "2024-05-01T10:01:00Z"],
      ["After the last frost.", "assistant", "2024-05-01T10:02:00Z"],
      ["[image]\nWhat is this plant?", "user", "2024-05-01T10:05:00Z"],
      ["A sunflower.", "assistant", "2024-05-01T10:07:00Z"],
    ]);
    expect(records[1]?.metadata).toEqual({
      source: "chatgpt",
      title: "Garden plans",
      role: "assistant",
      model: "some-model",
    });
    const session = await cli.json<SessionState>("sessions", "conv-garden", "--user", "gardener");
    expect(session.messages.map(({ id }) => id)).toEqual(["q1", "a1", "q3", "a3"]);
    const before = await everything(cli);
    expect(await cli.json<Counts>("import", file, "--sessions", "--user", "gardener")).toMatchObject({
      created: 0,
    });
    expect(await everything(cli)).toEqual(before);
  });

  test("damaged conversations are named, and a tree that leads back to itself ends", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = join(folder, "conversations.json");
    const loop = {
      conversation_id: "loop",
      current_node: "x",
      mapping: Object.fromEntries([
        node("x", "y", ["y"], said("x", "user", ["one"], 1)),
        node("y", "x", ["x"], said("y", "assistant", ["two"], 2)),
      ]),
    };
    writeFileSync(
      file,
      JSON.stringify([loop, { mapping: { a: { message: { author: "nobody" } } } }, CHATGPT]),
    );
    const { code, stderr } = await cli.run("import", file);
    expect(code).toBe(1);
    expect(stderr).toMatch(/item 2: mapping\.a\.message\.author/);
    expect(await allRecords(cli)).toHaveLength(6);
    expect((await cli.run("import", file, "--session", "s")).code).toBe(2);
  });
});

describe("Claude", () => {
  test("messages are imported with what was said and the names of what came with it", async () => {
    const folder = temporaryFolder();
    const cli = onFolder(folder);
    const file = join(folder, "conversations.json");
    writeFileSync(file, JSON.stringify([CLAUDE]));
    expect(await cli.json<Counts>("import", file, "--sessions")).toMatchObject({
      created: 3,
      sessions: 1,
      leftOut: { "message without text": 1 },
    });
    expect((await allRecords(cli)).map(({ text, speaker, createdAt }) => [text, speaker, createdAt])).toEqual(
      [
        ["How long does it rise?\n[file: recipe.txt]\n[file: loaf.jpg]", "user", "2024-05-01T10:00:01Z"],
        ["An hour.\nIn a warm room.", "assistant", "2024-05-01T10:00:09Z"],
        ["Thanks, from an older export", "user", "2024-05-01T10:02:00Z"],
      ],
    );
    expect((await cli.json<SessionState>("sessions", "c0ffee")).messages).toHaveLength(3);
    expect(await cli.json<Counts>("import", file, "--sessions")).toMatchObject({ created: 0, unchanged: 3 });
  });
});

describe("an interrupted import", () => {
  const COUNT = 3200;
  const lines = Array.from({ length: COUNT }, (_, number) => ({
    role: number % 2 ? "assistant" : "user",
    content: `Message number ${number} of a long story about the sea and its ships`,
    createdAt: 1_700_000_000 + number,
    sessionId: `s${Math.floor(number / 400)}`,
  }));

  test.each(["SIGKILL", "SIGINT"] as const)(
    "by %s goes on where it stopped: nothing lost, nothing doubled",
    async (signal) => {
      const folder = temporaryFolder();
      const cli = onFolder(folder);
      const file = writeLines(folder, "long.jsonl", lines);
      const child = start(["--data", folder, "--json", "import", "-", "--sessions"]);
      const result = ended(child);
      child.stdin?.on("error", () => {});
      // The rest never comes: the process is stopped while it waits, in the middle of the work.
      child.stdin?.write(readFileSync(file).subarray(0, 350_000), () => child.kill(signal));
      const { code, stdout } = await result;
      expect(code).toBe(signal === "SIGINT" ? 130 : null);
      const partial = (await allRecords(cli)).length;
      expect(partial).toBeGreaterThan(0);
      expect(partial).toBeLessThan(COUNT);
      if (signal === "SIGINT") expect(JSON.parse(stdout)).toMatchObject({ created: partial });
      const counts = await cli.json<Counts>("import", file, "--sessions");
      expect(counts).toMatchObject({ created: COUNT - partial, unchanged: partial, invalid: 0 });
      const records = await allRecords(cli);
      expect(records.map(({ text }) => text)).toEqual(lines.map(({ content }) => content));
      const session = await cli.json<SessionState>("sessions", "s0");
      expect(session.messages.map(({ content }) => content)).toEqual(
        lines.slice(0, 400).map(({ content }) => content),
      );
      expect((await cli.json<{ total: number }>("sessions")).total).toBe(COUNT / 400);
    },
  );
});
