/** The tables that grow with the memory; the others are small beside them. */
const LARGE = ["changes", "versions", "records", "entries"];

/** A migration with its large tables in so many partitions, each tenant in one of them. */
export function partitioned(script: string, count: number): string {
  return LARGE.reduce(
    (text, table) =>
      text.replace(
        new RegExp(`(CREATE TABLE SCHEMA\\.${table} \\([^]*?\\n\\))[^;]*;`),
        (_, head) => `${head} PARTITION BY HASH (tenant);\n${partitionsOf(table, count)}`,
      ),
    script,
  );
}

/** Whoever asks a partition by its own name sees nothing: it has row-level security and no policy. */
function partitionsOf(table: string, count: number): string {
  return Array.from({ length: count }, (_, remainder) => {
    const name = `SCHEMA.${table}_${remainder}`;
    return `CREATE TABLE ${name} PARTITION OF SCHEMA.${table} FOR VALUES WITH (MODULUS ${count}, REMAINDER ${remainder});
ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;`;
  }).join("\n");
}
