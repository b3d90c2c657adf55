/** The statements that a connection of its own knows by name: they are taken apart and planned once for all of its calls. */
export class Prepared {
  readonly #known = new Set<string>();
  /** Sent in a transaction that failed: before or after the failure, nobody knows. */
  readonly #doubtful = new Set<string>();
  #begun: string[] = [];

  /** Tells whether a statement that is about to be sent is known already. One that is not must be sent now. */
  begin(name: string): "known" | "doubtful" | "new" {
    if (this.#known.has(name)) return "known";
    this.#known.add(name);
    this.#begun.push(name);
    return this.#doubtful.has(name) ? "doubtful" : "new";
  }

  succeeded(): void {
    for (const name of this.#begun) this.#doubtful.delete(name);
    this.#begun = [];
  }

  failed(): void {
    for (const name of this.#begun) {
      this.#known.delete(name);
      this.#doubtful.add(name);
    }
    this.#begun = [];
  }
}
