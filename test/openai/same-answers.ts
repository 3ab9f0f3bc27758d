import { defineSuite, type SuiteInput } from '../../src/core/suite.ts';
import type { PassResult } from '../../src/core/cell.ts';
import type { Sample } from '../../src/core/sample.ts';
import { run } from '../../src/app/run.ts';
import { openSqliteStore } from '../../src/store/sqlite-store.ts';
import { findParting, sumsOf, type Parting } from './why-different.ts';

/** One item that two ways to run the same weights scored or answered differently. */
export interface Difference {
  readonly itemId: string;
  readonly ownScore: number;
  readonly servedScore: number;
  readonly own: string;
  readonly served: string;
  readonly parting: Parting;
}

/** Generated tokens of one task, as perbench counted and as the server did. */
export interface TokenAccount {
  readonly own: number;
  readonly server: number;
  /** Tokens per second of perbench's passes. */
  readonly ownPerSecond: number;
  /** Tokens by the server's count, over the time from the first pass's begin to the last one's end. */
  readonly serverPerSecond: number;
}

export interface TaskComparison {
  readonly taskId: string;
  readonly items: number;
  readonly ownScore: number;
  readonly servedScore: number;
  /** Items whose score differs. */
  readonly scored: readonly Difference[];
  /** Items with the same score and another text. */
  readonly worded: readonly Difference[];
  /** Why a side has no result; empty where both have. */
  readonly problems: readonly string[];
  /** Undefined where nobody asked the server. */
  readonly tokens: TokenAccount | undefined;
}

export interface ComparisonRequest {
  /** Catalogue name or path of the weights. */
  readonly model: string;
  /** Address of a server with the same weights. */
  readonly baseUrl: string;
  readonly style: 'instruct' | 'base';
  readonly tasks: readonly string[];
  readonly items: number;
  readonly dataDir?: string | undefined;
  readonly concurrency: number;
  readonly contextTokens: number;
  /** Variant of the CPU kernels that the llama engine takes; the best for this processor when absent. */
  readonly kernels?: string | undefined;
  /** Tokens that the server says it has generated so far. */
  readonly serverTokens?: () => Promise<number>;
  readonly onStep?: (text: string) => void;
}

function accountOf(passes: readonly PassResult[], server: number): TokenAccount {
  const own = passes.reduce((sum, { outputTokens }) => sum + outputTokens, 0);
  const passesMs = passes.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const startMs = Math.min(...passes.map(({ startedAtMs }) => startedAtMs));
  const endMs = Math.max(...passes.map(({ startedAtMs, durationMs }) => startedAtMs + durationMs));
  return {
    own,
    server,
    ownPerSecond: (1000 * own) / passesMs,
    serverPerSecond: (1000 * server) / (endMs - startMs),
  };
}

/** The text that was generated; where choices are scored, the choice. */
function said(sample: Sample): string {
  return sumsOf(sample) === undefined ? sample.output : (sample.answer ?? '');
}

async function compareTask(
  taskId: string,
  own: readonly Sample[],
  served: readonly Sample[],
  { baseUrl, problems }: { readonly baseUrl: string; readonly problems: readonly string[] },
): Promise<Omit<TaskComparison, 'tokens'>> {
  const byId = new Map(served.map((sample) => [sample.itemId, sample]));
  const differences: Difference[] = [];
  let items = 0;
  for (const left of own) {
    const right = byId.get(left.itemId);
    if (right === undefined) continue;
    items += 1;
    if (left.score === right.score && said(left) === said(right)) continue;
    differences.push({
      itemId: left.itemId,
      ownScore: left.score,
      servedScore: right.score,
      own: said(left),
      served: said(right),
      parting: await findParting(baseUrl, left, right),
    });
  }
  const mean = (samples: readonly Sample[]): number =>
    samples.reduce((sum, { score }) => sum + score, 0) / samples.length;
  return {
    taskId,
    items,
    ownScore: mean(own),
    servedScore: mean(served),
    scored: differences.filter(({ ownScore, servedScore }) => ownScore !== servedScore),
    worded: differences.filter(({ ownScore, servedScore }) => ownScore === servedScore),
    problems,
  };
}

/** The same weights through the llama engine and through a server, on the same items, compared item by item. */
export async function compareAnswers(request: ComparisonRequest): Promise<readonly TaskComparison[]> {
  const {
    model,
    baseUrl,
    style,
    tasks,
    items,
    dataDir,
    concurrency,
    contextTokens,
    kernels,
    onStep = () => {},
    serverTokens,
  } = request;
  const input: SuiteInput = {
    models: [
      { name: 'own', source: model, style, ...(kernels !== undefined && { engineOptions: { kernels } }) },
      { name: 'served', source: `openai:${baseUrl}`, style },
    ],
    tasks: [...tasks],
    protocol: 'paper',
    waitQuiet: 0,
    limit: items,
    concurrency,
    contextTokens,
    ...(dataDir !== undefined && { dataDir }),
  };
  await using store = await openSqliteStore({ file: ':memory:' });
  const problems: string[] = [];
  const counted = new Map<string, number>();
  let before = 0;
  for await (const event of run(defineSuite(input), { store, environment: process.env })) {
    if (event.type === 'cell-start') {
      onStep(event.cellId);
      before = (await serverTokens?.()) ?? 0;
    }
    if (event.type === 'cell-end' && serverTokens !== undefined)
      counted.set(event.cellId, (await serverTokens()) - before);
    if (event.type === 'cell-end' && event.error !== undefined)
      problems.push(`${event.cellId}: ${event.error.message}`);
  }
  const record = await store.latestRun();
  const cells = await store.cells(record?.id ?? '');
  const cellOf = (name: string, taskId: string) => cells.find((each) => each.model === name && each.taskId === taskId);
  const samplesOf = async (name: string, taskId: string): Promise<readonly Sample[]> => {
    const cell = cellOf(name, taskId);
    return cell === undefined ? [] : Array.fromAsync(store.samples(cell.id));
  };
  const comparisons: TaskComparison[] = [];
  for (const taskId of new Set(cells.map((cell) => cell.taskId))) {
    const served = cellOf('served', taskId)?.id ?? '';
    const count = counted.get(served);
    comparisons.push({
      ...(await compareTask(taskId, await samplesOf('own', taskId), await samplesOf('served', taskId), {
        baseUrl,
        problems,
      })),
      tokens: count === undefined ? undefined : accountOf(await store.passResults(served), count),
    });
  }
  return comparisons;
}
