import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { ItemQuery, ItemVerdict, ListedItem, Store } from '../../core/store.ts';
import { readSample } from './sample-row.ts';
import type { Database, SampleTable } from './schema.ts';

type ItemQueries = Pick<Store, 'sample' | 'listItems' | 'countItems' | 'sampleCounts'>;

/** Queries of people who look at single samples: a page of items, one item whole. */
export function createItemQueries(db: Kysely<Database>): ItemQueries {
  return {
    async sample(cellId, itemId) {
      const row = await db
        .selectFrom('sample')
        .innerJoin('prompt', 'prompt.id', 'sample.prompt_id')
        .selectAll('sample')
        .select('prompt.text as prompt')
        .where('cell_id', '=', cellId)
        .where('item_id', '=', itemId)
        .executeTakeFirst();
      return row && readSample(row);
    },
    listItems: (query) => listItems(db, query),
    async countItems(query) {
      const row = await matching(db, query)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async sampleCounts(runId) {
      const rows = await db
        .selectFrom('sample')
        .innerJoin('cell', 'cell.id', 'sample.cell_id')
        .where('cell.run_id', '=', runId)
        .groupBy('sample.cell_id')
        .select(({ fn }) => ['sample.cell_id', fn.countAll().as('count')])
        .execute();
      return new Map(rows.map(({ cell_id, count }) => [cell_id, Number(count)]));
    },
  };
}

const filters = {
  right: () => sql<boolean>`sample.score >= 1`,
  wrong: () => sql<boolean>`sample.score < 1`,
  unparsed: () => sql<boolean>`sample.is_unparsed = 1`,
  truncated: () => sql<boolean>`sample.is_truncated = 1`,
  failed: () => sql<boolean>`sample.failure_reason is not null`,
  disagreement: ([, ...others]: readonly string[]) =>
    others.length === 0
      ? sql<boolean>`1 = 0`
      : sql<boolean>`exists (select 1 from sample as other where other.cell_id in (${sql.join(others)})
          and other.item_id = sample.item_id and other.score <> sample.score)`,
} as const satisfies Record<NonNullable<ItemQuery['only']>, (cellIds: readonly string[]) => RawBuilder<boolean>>;

/** Text that contains the words, with the characters that mean something to LIKE taken as they are. */
function containing(words: string): string {
  return `%${words.toLowerCase().replaceAll(/[!%_]/g, (character) => `!${character}`)}%`;
}

function contains(words: string): RawBuilder<boolean> {
  const pattern = containing(words);
  // Short texts first: the prompt is only read where nothing else fits.
  return sql<boolean>`(lower(sample.item_id) like ${pattern} escape '!'
    or lower(sample.expected) like ${pattern} escape '!'
    or lower(coalesce(sample.answer, '')) like ${pattern} escape '!'
    or lower(sample.output) like ${pattern} escape '!'
    or exists (select 1 from prompt where prompt.id = sample.prompt_id and lower(prompt.text) like ${pattern} escape '!'))`;
}

/** Samples of the first cell that a query asks for. */
export function matching(db: Kysely<Database>, { cellIds, only, search }: Omit<ItemQuery, 'limit' | 'after'>) {
  const [first = ''] = cellIds;
  let select = db.selectFrom('sample').where('sample.cell_id', '=', first);
  if (only !== undefined) select = select.where(filters[only](cellIds));
  if (search !== undefined && search !== '') select = select.where(contains(search));
  return select;
}

/** A place in position order, behind which a page begins. */
export interface Place {
  readonly position: number;
  /** Undefined: behind all rows of this position. */
  readonly itemId: string | undefined;
}

export function isBehind({ position, itemId }: Place): RawBuilder<boolean> {
  if (itemId === undefined) return sql<boolean>`sample.position > ${position}`;
  return sql<boolean>`(sample.position, sample.item_id) > (${position}, ${itemId})`;
}

async function listItems(db: Kysely<Database>, query: ItemQuery): Promise<readonly ListedItem[]> {
  const { after, limit, cellIds } = query;
  let page = matching(db, query).select(['sample.item_id', 'sample.position', 'sample.expected']);
  if (after !== undefined) page = page.where(isBehind(after));
  const rows = await page.orderBy('sample.position').orderBy('sample.item_id').limit(limit).execute();
  if (rows.length === 0) return [];
  const itemIds = rows.map(({ item_id }) => item_id);
  const found = await db
    .selectFrom('sample')
    .select(['cell_id', 'item_id', 'score', 'answer', 'is_unparsed', 'is_truncated', 'failure_reason'])
    .where('cell_id', 'in', cellIds)
    .where('item_id', 'in', itemIds)
    .execute();
  const verdicts = Map.groupBy(found, ({ item_id }) => item_id);
  return rows.map(({ item_id, position, expected }) => {
    const own = (verdicts.get(item_id) ?? []).map(readVerdict);
    const inOrder = cellIds.flatMap((cellId) => own.filter((verdict) => verdict.cellId === cellId));
    return { itemId: item_id, position, expected, verdicts: inOrder };
  });
}

function readVerdict(
  row: Pick<SampleTable, 'cell_id' | 'score' | 'answer' | 'is_unparsed' | 'is_truncated' | 'failure_reason'>,
): ItemVerdict {
  return {
    cellId: row.cell_id,
    score: row.score,
    answer: row.answer ?? undefined,
    isUnparsed: row.is_unparsed === 1,
    isTruncated: row.is_truncated === 1,
    isFailed: row.failure_reason !== null,
  };
}
