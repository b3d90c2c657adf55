/**
 * Cuts text into the pieces of a BERT vocabulary, in lower case and without accents: the basic tokenisation and the
 * longest-match-first WordPiece algorithm of "BERT" (Devlin et al., 2018), as `bert-base-uncased` uses them. Special tokens
 * such as `[SEP]` in a text are ordinary text.
 */
export class WordPiece {
  /** Stands for a word that cannot be put together from the vocabulary. */
  readonly unknown: number;
  readonly #starts = new Map<string, number>();
  readonly #continuations = new Map<string, number>();
  readonly #words = new Map<string, readonly number[]>();
  #longestPiece = 0;

  /** @param vocabulary the pieces in the order of their ids; pieces that continue a word begin with `##` */
  constructor(vocabulary: Iterable<string>) {
    let id = 0;
    for (const piece of vocabulary) {
      if (piece.startsWith("##")) this.#continuations.set(piece.slice(2), id);
      else this.#starts.set(piece, id);
      this.#longestPiece = Math.max(this.#longestPiece, piece.length);
      id++;
    }
    this.unknown = this.id("[UNK]");
  }

  /** The id of a piece of the vocabulary, such as `[CLS]`; 0, the padding, when it is not there. */
  id(piece: string): number {
    return this.#starts.get(piece) ?? 0;
  }

  /** The ids of the text's pieces. Reads the first `LONGEST_TEXT` characters. */
  encode(text: string): number[] {
    const ids: number[] = [];
    for (const word of words(text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text)) {
      for (const id of this.#word(word)) ids.push(id);
    }
    return ids;
  }

  #word(word: string): readonly number[] {
    const known = this.#words.get(word);
    if (known) return known;
    const ids = this.#cut(word);
    if (this.#words.size >= REMEMBERED_WORDS) this.#words.clear();
    this.#words.set(word, ids);
    return ids;
  }

  #cut(word: string): readonly number[] {
    if (word.length > LONGEST_WORD) return [this.unknown];
    const ids: number[] = [];
    for (let start = 0; start < word.length; ) {
      const pieces = start === 0 ? this.#starts : this.#continuations;
      let end = Math.min(word.length, start + this.#longestPiece);
      let id: number | undefined;
      for (; end > start; end--) {
        id = pieces.get(word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) return [this.unknown];
      ids.push(id);
      start = end;
    }
    return ids;
  }
}

/** Characters of a text that are read: some 4,000 pieces, by which a mean has settled and any transformer has stopped. */
export const LONGEST_TEXT = 16_384;

/** Longer words are unknown, as in BERT's tokenizer. */
const LONGEST_WORD = 100;

/** Words whose pieces are remembered, about 4 MB of them. */
const REMEMBERED_WORDS = 20_000;

const PRINTABLE_ASCII = /^[\t\n\r -~]*$/;
const ASCII_WORD = /[!-/:-@[-`{-~]|[^\s!-/:-@[-`{-~]+/g;

const CONTROL = /\ufffd|(?![\t\n\r])\p{C}/gu;
const ACCENT = /\p{Mn}/gu;
// The blocks BERT calls Chinese: every character of them is a word.
const IDEOGRAPH =
  "\\u4e00-\\u9fff\\u3400-\\u4dbf\\uf900-\\ufaff\\u{20000}-\\u{2a6df}\\u{2a700}-\\u{2ceaf}\\u{2f800}-\\u{2fa1f}";
const PUNCTUATION = "\\p{P}!-/:-@\\[-`{-~";
const WORD = new RegExp(`[${PUNCTUATION}${IDEOGRAPH}]|[^\\s${PUNCTUATION}${IDEOGRAPH}]+`, "gu");

function words(text: string): readonly string[] {
  if (PRINTABLE_ASCII.test(text)) return text.toLowerCase().match(ASCII_WORD) ?? [];
  const plain = text.replace(CONTROL, "").normalize("NFD").replace(ACCENT, "").toLowerCase();
  return plain.match(WORD) ?? [];
}
