import { ByteWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import type { Document, Scalar } from './document.ts';

/** Types that perbench's tables need; every column may be empty. */
export type ParquetType = 'STRING' | 'DOUBLE' | 'INT32' | 'BOOLEAN' | 'JSON';

export interface ParquetColumn<Row> {
  readonly name: string;
  readonly type: ParquetType;
  /** For JSON columns any value; else of the column's type, undefined where there is none. */
  readonly value: (row: Row) => unknown;
}

export interface ParquetOptions {
  readonly metadata: Readonly<Record<string, string>>;
  /** A row group ends at so many rows, or at so many characters of text. */
  readonly groupRows?: number;
  readonly groupCharacters?: number;
}

/** Rough size of what a row holds as text: prompts and outputs are what fills the memory. */
function textLength(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
}

/**
 * Rows as Parquet (Snappy), one row group after the other: in memory are the rows of one group and the directory.
 */
export async function* parquetStream<Row>(
  rows: AsyncIterable<Row> | Iterable<Row>,
  columns: readonly ParquetColumn<Row>[],
  { metadata, groupRows = 10_000, groupCharacters = 16_000_000 }: ParquetOptions,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const empty = columns.map(({ name, type }) => ({ name, type, data: [], nullable: true }));
  const parquet = new ParquetWriter({
    writer,
    schema: schemaFromColumnData({ columnData: empty }),
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: 'perbench',
  });
  let group: unknown[][] = columns.map(() => []);
  let characters = 0;
  const flush = async (): Promise<Uint8Array> => {
    if ((group[0]?.length ?? 0) > 0) {
      const columnData = columns.map(({ name, type }, index) => ({ name, type, data: group[index] ?? [] }));
      await parquet.write({ columnData, rowGroupSize: groupRows });
    }
    group = columns.map(() => []);
    characters = 0;
    return taken(writer);
  };
  for await (const row of rows) {
    const values = columns.map(({ value }) => value(row) ?? null);
    for (const [index, value] of values.entries()) group[index]?.push(value);
    characters += textLength(values);
    if (characters >= groupCharacters || (group[0]?.length ?? 0) >= groupRows) yield await flush();
  }
  yield await flush();
  await parquet.finish();
  yield taken(writer);
}

/** What was written so far, taken out of the writer; offsets in the file go on counting. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}

/** The records of a document as a Parquet table; what isn't known is null. */
export async function parquetBytes({ schema, records: { headings, rows }, origin }: Document): Promise<Uint8Array> {
  const columns = headings.map((name, index): ParquetColumn<readonly Scalar[]> => {
    const isText = rows.some((row) => typeof row[index] === 'string');
    return { name, type: isText ? 'STRING' : 'DOUBLE', value: (row) => row[index] };
  });
  const metadata = {
    perbench_schema: schema,
    ...(origin?.id !== undefined && { perbench_run: origin.id }),
    ...(origin?.perbenchVersion !== undefined && { perbench_version: origin.perbenchVersion }),
    ...(origin?.host !== undefined && { perbench_host: origin.host }),
  };
  // A table has at least one column, also where there are no rows.
  const all = columns.length > 0 ? columns : [{ name: 'model', type: 'STRING', value: () => undefined } as const];
  return Buffer.concat(await Array.fromAsync(parquetStream(rows, all, { metadata })));
}
