/**
 * What perbench measures of a server whose capacity is known: an HTTP server with eight places, each of which takes 0.5 ms
 * for a token of a prompt and 5 ms for one of an answer, one request after the other, in the order in which they came.
 * Prompts and answers vary with the item. Whole runs through the library; a few minutes.
 *
 *     node bench/known-capacity.ts [--open 0.5,1,2,4] [--closed 4,8,16,32] [--seconds 20]
 *
 * Printed: answers per second that were measured, over what is true: in a closed loop by the capacity, in an open one by
 * the server's own count. Target: within 2 %, and `overloaded` from twice the capacity on.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json as readJson } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { run } from '../src/app/run.ts';
import type { OwnTask } from '../src/app/local-context.ts';
import { defineSuite } from '../src/core/suite.ts';
import { defineTask } from '../src/core/task.ts';
import { meanOf } from '../src/stats/means.ts';
import { openSqliteStore } from '../src/store/sqlite-store.ts';
import { drawWork, type Work } from '../test/setup/simulated-server.ts';

const places = 8;
const promptMs = 0.5;
const outputMs = 5;
const serviceMs = ({ promptTokens, outputTokens }: Work): number => promptTokens * promptMs + outputTokens * outputMs;

/** One request at the server: its tokens are written when they are due, by the clock of its place. */
interface Waiting extends Work {
  readonly response: ServerResponse;
  readonly isStreamed: boolean;
}

const json = (response: ServerResponse, value: object): void => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};
const streamed = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
const piece = (text: string, finish: 'length' | null): object => ({
  choices: [{ index: 0, text, finish_reason: finish }],
});
const at = (dueMs: number, act: () => void): void => void setTimeout(act, Math.max(0, dueMs - performance.now()));

function answer({ promptTokens, outputTokens, response, isStreamed }: Waiting): void {
  const usage = { prompt_tokens: promptTokens, completion_tokens: outputTokens };
  if (isStreamed) response.end(`${streamed(piece(' a', 'length'))}${streamed({ choices: [], usage })}data: [DONE]\n\n`);
  else json(response, { ...piece(' a'.repeat(outputTokens), 'length'), usage });
}

/** The places of the server, and when requests came and were answered. */
function createPlaces() {
  const waiting: Waiting[] = [];
  const times = { arrivedMs: [] as number[], answeredMs: [] as number[] };
  let busy = 0;
  function begin(startMs: number): void {
    const request = waiting.shift();
    if (request === undefined) return;
    busy += 1;
    const { promptTokens, outputTokens, response, isStreamed } = request;
    if (isStreamed) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const firstMs = startMs + promptTokens * promptMs;
      for (let token = 1; token < outputTokens; token += 1)
        at(firstMs + token * outputMs, () => response.write(streamed(piece(' a', null))));
    }
    const endMs = startMs + serviceMs(request);
    at(endMs, () => {
      busy -= 1;
      times.answeredMs.push(performance.now());
      answer(request);
      // The place goes on by its own clock, so that late timers don't add up.
      if (waiting.length > 0) begin(endMs);
    });
  }
  return {
    take(request: Waiting): void {
      times.arrivedMs.push(performance.now());
      waiting.push(request);
      if (busy < places) begin(performance.now());
    },
    takeTimes: () => ({ arrivedMs: times.arrivedMs.splice(0), answeredMs: times.answeredMs.splice(0) }),
  };
}

interface Asked {
  readonly prompt: string;
  readonly max_tokens: number;
  readonly stream?: boolean;
}

function startServer(): void {
  const all = createPlaces();
  const server = createServer((incoming, response) => {
    const path = new URL(incoming.url ?? '/', 'http://server').pathname;
    if (path.endsWith('/models')) {
      json(response, { object: 'list', data: [{ id: 'fixed', object: 'model', max_model_len: 100_000 }] });
    } else if (path === '/counts') json(response, all.takeTimes());
    else if (!path.endsWith('/completions')) response.writeHead(404).end('{}');
    else {
      void readJson(incoming).then((body) => {
        const { prompt, max_tokens: outputTokens, stream: isStreamed = false } = body as Asked;
        all.take({ promptTokens: prompt.split(' ').length, outputTokens, response, isStreamed });
      });
    }
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

interface FixedItem extends Work {
  readonly id: string;
}

const records: readonly FixedItem[] = drawWork({ mean: 100, cv: 0.4 }, { mean: 70, cv: 0.5 }, 7)
  .take(200)
  .map((work, index) => ({ id: `item-${index}`, ...work }))
  .toArray();
const meanMs = meanOf(records.map(serviceMs));
const capacity = (1000 * places) / meanMs;

const task: OwnTask = {
  records,
  task: defineTask<FixedItem>({
    id: 'toy/fixed@1',
    title: 'Fixed work',
    kind: 'generate',
    category: 'generation',
    dataset: { name: 'gsm8k', split: 'test' },
    items: records.length,
    shots: 0,
    metric: 'acc',
    chance: 0.1,
    parse: (record) => record as FixedItem,
    itemId: ({ id }) => id,
    expected: () => 'a',
    question({ promptTokens, outputTokens }) {
      const plain = Array(promptTokens).fill('word').join(' ');
      return {
        prompt: { plain, chat: [{ role: 'user', content: plain }] },
        maxTokens: { plain: outputTokens, chat: outputTokens },
        stop: { plain: [], chat: [] },
      };
    },
    score: (_item, answered) => ({ value: 1, answer: answered.text, isUnparsed: false, metrics: {} }),
  }),
};

/** Answers per second by the server's own clock, from two seconds after the first arrival to the last one. */
function countedRate(arrivedMs: readonly number[], answeredMs: readonly number[]): number {
  const [startMs, endMs] = [(arrivedMs[0] ?? 0) + 2000, arrivedMs.at(-1) ?? 0];
  return (1000 * answeredMs.filter((ms) => ms > startMs && ms <= endMs).length) / (endMs - startMs);
}

async function measure(port: number, load: Readonly<Record<string, number>>) {
  await using store = await openSqliteStore({ file: ':memory:' });
  const suite = defineSuite({
    models: [{ name: 'fixed', source: `openai:http://127.0.0.1:${port}/v1#fixed`, style: 'base' }],
    tasks: [task.task.id],
    launches: 1,
    latencyRequests: 8,
    allowBusy: true,
    ...load,
  });
  const counts = async (): Promise<{ readonly arrivedMs: number[]; readonly answeredMs: number[] }> =>
    (await (await fetch(`http://127.0.0.1:${port}/counts`)).json()) as never;
  let counted = { arrivedMs: [] as number[], answeredMs: [] as number[] };
  for await (const event of run(suite, { store, tasks: [task], environment: {} })) {
    if (event.type === 'pass-start' && event.pass === 'throughput') await counts();
    if (event.type === 'pass-end' && event.pass === 'throughput') counted = await counts();
    if (event.type === 'cell-end' && event.error !== undefined) throw new Error(event.error.message);
  }
  const record = await store.latestRun();
  const [cell] = await store.cells(record?.id ?? '');
  const { throughput, rounds } = cell?.measurements ?? {};
  if (throughput === undefined || throughput.status === 'unavailable') throw new Error('nothing was measured');
  const marks = throughput.warnings.map(({ reason }) => reason).filter((reason) => reason !== 'one_launch');
  return {
    value: throughput.value,
    marks: marks.join(' ') || '-',
    rounds: rounds !== undefined && rounds.status !== 'unavailable' ? rounds.value : undefined,
    counted: countedRate(counted.arrivedMs, counted.answeredMs),
  };
}

async function main(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      open: { type: 'string', default: '0.5,1,2,4' },
      closed: { type: 'string', default: '4,8,16,32' },
      seconds: { type: 'string', default: '20' },
    },
  });
  const numbers = (list: string): readonly number[] => list.split(',').filter(Boolean).map(Number);
  const windowSeconds = Number(flags.seconds);
  const child = fork(import.meta.filename, ['serve'], { execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  console.log(`${places} places, ${meanMs.toFixed(0)} ms a request: ${capacity.toFixed(2)} items/s`);
  const show = (name: string, value: number, truth: number, rest: string): void =>
    console.log(
      `${name.padEnd(26)} measured ${value.toFixed(2)}, true ${truth.toFixed(2)}: ${(100 * (value / truth - 1)).toFixed(1)} %  ${rest}`,
    );
  try {
    for (const times of numbers(flags.open)) {
      const requestRate = times * capacity;
      const { value, marks, counted } = await measure(port, { requestRate, windowSeconds });
      show(`open loop, ${times} x capacity`, value, counted, `offered ${requestRate.toFixed(2)}, marks: ${marks}`);
    }
    for (const concurrency of numbers(flags.closed)) {
      const { value, marks, rounds = 0 } = await measure(port, { concurrency, windowSeconds: windowSeconds / 2 });
      const truth = capacity * Math.min(1, concurrency / places);
      show(`closed loop, concurrency ${concurrency}`, value, truth, `${rounds.toFixed(1)} rounds, marks: ${marks}`);
    }
  } finally {
    child.kill();
  }
}

if (process.argv[2] === 'serve') startServer();
else await main();
