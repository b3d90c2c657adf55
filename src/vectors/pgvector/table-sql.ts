/**
 * The table of one space. Labels are indexed by their hash, because no index could hold the longest; vectors in half precision,
 * which takes half the memory and finds the same. PLAIN keeps them in the row, where a scan reads them twice as fast.
 */
export function tableSql(table: string, dimensions: number): string {
  const scoped = (label: string, name: string) =>
    `CREATE INDEX "${table}_${name}" ON "${table}" (md5(tenant), md5("${label}")) WHERE "${label}" IS NOT NULL;`;
  return `CREATE TABLE IF NOT EXISTS "${table}" (
  key uuid PRIMARY KEY,
  tenant text, id text, type text, namespace text, "userId" text, "agentId" text, "sessionId" text, position text,
  vector vector(${dimensions}) NOT NULL
);
${dimensions <= MOST_IN_ROW ? `ALTER TABLE "${table}" ALTER vector SET STORAGE PLAIN;` : ""}
${scoped("userId", "user")}
${scoped("sessionId", "chat")}
${scoped("namespace", "name")}
${scoped("agentId", "agent")}
CREATE INDEX "${table}_all" ON "${table}" (md5(tenant));
CREATE INDEX "${table}_near" ON "${table}"
  USING hnsw ((vector::halfvec(${dimensions})) halfvec_cosine_ops) WHERE tenant IS NOT NULL;`;
}

/** Dimensions whose row fits into a page of 8 kilobytes beside its labels. */
const MOST_IN_ROW = 768;

/** A vector as pgvector reads it. */
export function vectorText(vector: Float32Array): string {
  return `[${vector.join(",")}]`;
}
