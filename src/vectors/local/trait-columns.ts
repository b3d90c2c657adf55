import type { PackedFeatures } from "../../core/features.ts";
import type { RecordTraits } from "../../core/recall-index.ts";
import { Column, IntegerColumn } from "./column.ts";
import { TextTable } from "./text-table.ts";

/** For each slot what ranking wants to know of its record, in flat memory until somebody asks for it. */
export class TraitColumns {
  readonly ids: string[] = [];
  /** Everybody who ever spoke in a slot. */
  readonly speakers = new TextTable();
  /** For each slot the number of its speaker; -1 for nobody. */
  readonly speakerOf = new IntegerColumn();
  readonly sessions = new TextTable();
  /** For each slot the number of its session; -1 for none. */
  readonly sessionOf = new IntegerColumn();
  /** Milliseconds since 1970. */
  readonly createdAt = new Column((length) => new Float64Array(length));
  readonly #times = new Column((length) => new Float64Array(length));
  readonly #importances = new Column((length) => new Float64Array(length));
  readonly #asks = new Column((length) => new Uint8Array(length));
  readonly #tellsTime = new Column((length) => new Uint8Array(length));
  readonly #instructs = new Column((length) => new Uint8Array(length));
  /** Those that somebody asked for: who is asked about once is asked about again. */
  readonly #made: (RecordTraits | undefined)[] = [];

  get length(): number {
    return this.ids.length;
  }

  /** Adds those of the next slot. */
  add(id: string, features: PackedFeatures): void {
    const { bytes, speakerAt, sessionAt, groupAt } = features;
    this.ids.push(id);
    this.speakerOf.push(features.isSpoken ? this.speakers.number(bytes, speakerAt, sessionAt) : -1);
    this.sessionOf.push(features.isInSession ? this.sessions.number(bytes, sessionAt, groupAt) : -1);
    this.createdAt.push(features.createdAt);
    this.#times.push(features.time);
    this.#importances.push(features.importance);
    this.#asks.push(features.asks ? 1 : 0);
    this.#tellsTime.push(features.tellsTime ? 1 : 0);
    this.#instructs.push(features.instructs ? 1 : 0);
    this.#made.push(undefined);
  }

  at(slot: number): RecordTraits {
    const made = this.#made[slot] ?? {
      id: this.ids[slot] ?? "",
      speaker: this.speakers.texts[this.speakerOf.values[slot] ?? -1] ?? null,
      session: this.sessions.texts[this.sessionOf.values[slot] ?? -1] ?? null,
      time: this.#times.values[slot] ?? 0,
      createdAt: this.createdAt.values[slot] ?? 0,
      importance: this.#importances.values[slot] ?? 0,
      asks: this.#asks.values[slot] === 1,
      tellsTime: this.#tellsTime.values[slot] === 1,
      instructs: this.#instructs.values[slot] === 1,
    };
    this.#made[slot] = made;
    return made;
  }
}
