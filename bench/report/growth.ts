import type { Row } from "./row.ts";

/** How search times grow with the number of records. */
export function growth(rows: readonly Row[]): Row[] {
  const searches = rows.filter(({ section, unit }) => section === "recall" && unit === "ms");
  const names = [...new Set(searches.map(({ name }) => name))];
  return names.flatMap((name) => {
    const sizes = searches
      .filter((row) => row.name === name)
      .sort((left, right) => left.records - right.records);
    return sizes.slice(1).map((row, index): Row => {
      const smaller = sizes[index] ?? row;
      return {
        section: "growth",
        name: `${name}, from ${smaller.records.toLocaleString("en")}`,
        records: row.records,
        unit: "factor",
        value: row.value / smaller.value,
        reference: { name: "records", value: row.records / smaller.records },
      };
    });
  });
}
