/** Counts the tokens of a text; never throws, and takes the names of special tokens as ordinary text. */
export type TokenCounter = (text: string) => number;

/**
 * Longest stretch merged in one go, in characters. Merging is quadratic in the length of an unbroken piece, and no
 * word of a natural text comes near this, so only runs such as base64 or one repeated letter are cut.
 */
const LONGEST_PIECE = 256;

/** Merged pieces remembered, so that a recurring word is merged once. */
const REMEMBERED_PIECES = 10_000;

/** Where a piece longer than that can lie. The lookbehinds keep the test linear. */
const LONG_RUN = new RegExp(`(?<!\\S)\\S{${LONGEST_PIECE + 1}}|(?<!\\s)\\s{${LONGEST_PIECE + 1}}`);

/** Cuts a piece; counted in code points, so that no surrogate pair is torn apart. */
const STRETCH = new RegExp(`[^]{1,${LONGEST_PIECE}}`, "gu");

let loading: Promise<TokenCounter> | undefined;

/**
 * Loads the counter for `cl100k_base`, the encoding of GPT-4 and of OpenAI's embedding models, on first use: its tables
 * cost some 20 MB and 0.1 s, which a process that never counts should not pay.
 *
 * Counts are exact, except that an unbroken run of more than 256 characters of one class (letters, punctuation, spaces) is
 * counted in stretches of 256, which moves the count by at most a token or two per stretch and keeps the time linear.
 */
export function loadTokenCounter(): Promise<TokenCounter> {
  loading ??= createTokenCounter();
  return loading;
}

async function createTokenCounter(): Promise<TokenCounter> {
  // The parts, not the package's encoding entry: that one brings model and price tables along.
  const [{ BytePairEncodingCore }, { Cl100KBase }, { default: ranks }] = await Promise.all([
    import("gpt-tokenizer/BytePairEncodingCore"),
    import("gpt-tokenizer/encodingParams/cl100k_base"),
    import("gpt-tokenizer/bpeRanks/cl100k_base"),
  ]);
  const encoding = Cl100KBase(ranks);
  const encoder = new BytePairEncodingCore({ ...encoding, mergeCacheSize: REMEMBERED_PIECES });
  return (text) => {
    if (!LONG_RUN.test(text)) return encoder.countNative(text);
    let count = 0;
    for (const [piece] of text.matchAll(encoding.tokenSplitRegex)) {
      for (const stretch of piece.match(STRETCH) ?? []) count += encoder.countNative(stretch);
    }
    return count;
  };
}
