import type { VectorSpace } from "../../core/vector-index.ts";
import type { VectorAddress } from "./address.ts";

/** How a vector database is opened. */
export interface ExternalOptions {
  readonly address: VectorAddress;
  /** Start of the collection's name; the space makes the rest of it. */
  readonly collection: string;
  readonly space: VectorSpace;
}
