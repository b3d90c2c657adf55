/** Into how many maps ids are spread. */
const MAPS = 32;

/** The slot of each id. Several maps, for one of a million ids would hold the event loop whenever it makes itself room. */
export class SlotsById {
  readonly #maps: (Map<string, number> | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: string): number | undefined {
    return this.#maps[mapOf(id)]?.get(id);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  set(id: string, slot: number): void {
    const number = mapOf(id);
    this.#maps[number] ??= new Map();
    const map = this.#maps[number];
    this.#size -= map.size;
    map.set(id, slot);
    this.#size += map.size;
  }

  delete(id: string): void {
    if (this.#maps[mapOf(id)]?.delete(id)) this.#size--;
  }

  *slots(): Generator<number> {
    for (const map of this.#maps) if (map) yield* map.values();
  }
}

/** By the last characters, which ids that resemble one another differ in. */
function mapOf(id: string): number {
  const { length } = id;
  let hash = length;
  for (let at = Math.max(0, length - 4); at < length; at++) hash = hash * 31 + id.charCodeAt(at);
  return hash % MAPS;
}
