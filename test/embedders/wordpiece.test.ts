import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readStaticTable } from "../../src/embedders/static-table.ts";
import { WordPiece } from "../../src/embedders/wordpiece.ts";

const model = new URL("../../models/static-256-int8/model.bin", import.meta.url);
const { vocabulary } = readStaticTable(await readFile(model));
const wordPiece = new WordPiece(vocabulary);
const pieces = (text: string) => wordPiece.encode(text).map((id) => vocabulary[id]);

describe("cutting text into the pieces of BERT's vocabulary", () => {
  test.each([
    ["Hello, World!", ["hello", ",", "world", "!"]],
    ["unaffable embeddings", ["una", "##ffa", "##ble", "em", "##bed", "##ding", "##s"]],
    ["Café naïve ÅNGSTRÖM", ["cafe", "naive", "ang", "##strom"]],
    ["e-mail: a.b@c.io", ["e", "-", "mail", ":", "a", ".", "b", "@", "c", ".", "io"]],
    ["tabs\tand\nlines\r\nand\u00a0spaces", ["tab", "##s", "and", "lines", "and", "spaces"]],
    [
      "soft\u00adhyphen ze\u200bro nul\0l bel\u0007l",
      ["soft", "##hy", "##ph", "##en", "zero", "null", "bell"],
    ],
    ["東京は", ["東", "京", "は"]],
    ["“quoted”", ["“", "quoted", "”"]],
    ["🙂 ok \ud800", ["[UNK]", "ok"]],
    ["[SEP]", ["[", "sep", "]"]],
    ["", []],
    [" \n\0 ", []],
  ])("%j", (text, expected) => {
    expect(pieces(text)).toEqual(expected);
  });

  test("a word of more than 100 letters is unknown", () => {
    expect(pieces("a".repeat(101))).toEqual(["[UNK]"]);
    expect(pieces("a".repeat(100))).not.toContain("[UNK]");
  });

  test("plain ASCII text is read as the same text beside other characters is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        expect(wordPiece.encode(`${text} \u4e00`).slice(0, -1)).toEqual(wordPiece.encode(text));
      }),
    );
  });

  test("put together again, the pieces are the words", () => {
    const word = fc.string({
      unit: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz"),
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const joined = pieces(words.join(" ")).join(" ").replaceAll(" ##", "");
        expect(joined).toBe(words.join(" "));
      }),
    );
  });

  test("any text can be cut, and pieces are of the vocabulary", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        for (const id of wordPiece.encode(text)) expect(vocabulary[id]).toBeDefined();
      }),
    );
  });

  test("remembering words changes nothing, also after more words than are remembered", () => {
    const first = wordPiece.encode("unaffable");
    for (let index = 0; index < 20_001; index++) wordPiece.encode(`w${index}`);
    expect(wordPiece.encode("unaffable")).toEqual(first);
  });
});
