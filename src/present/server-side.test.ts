import { describe, expect, it } from 'vitest';
import type { ServerSide, ServerSideRow, ServerTime } from '../core/server-side.ts';
import { smallReport } from '../../test/setup/small-report.ts';
import { csvText } from './csv.ts';
import { tableBlock } from './document.ts';
import { markdownText } from './markdown.ts';
import { reportDocument } from './report-document.ts';
import { serverRecords, serverTables } from './server-side.ts';
import { terminalText } from './terminal.ts';

const time = (meanMs: number, highMs: number | undefined, lowMs = 0): ServerTime => {
  const bound = { valueMs: lowMs, lowMs, highMs };
  return { count: 128, meanMs, p50: bound, p95: bound, p99: bound };
};

const silent: ServerSideRow = {
  model: 'small',
  pass: 'throughput',
  launches: 3,
  requests: 128,
  times: {},
  clientMeanMs: {},
  outside: undefined,
  promptTokensPerSecond: undefined,
  outputTokensPerSecond: undefined,
  runningMax: undefined,
  waitingMax: undefined,
  kvUsageMax: undefined,
  preemptions: undefined,
  cacheHitShare: undefined,
  acceptance: undefined,
  tokensPerDraft: undefined,
  gaps: [],
};

const restarted = 'the server was started again meanwhile, and began to count anew';

const side: ServerSide = {
  taskId: 'gsm8k/per@1',
  title: 'GSM8K',
  protocol: 'serving',
  rows: [
    {
      ...silent,
      times: {
        queue: time(210.4, 300),
        timeToFirstToken: time(262, 500, 250),
        endToEnd: time(1480, undefined, 7680e3),
      },
      clientMeanMs: { timeToFirstToken: 980, endToEnd: 2120 },
      outside: { time: 'timeToFirstToken', clientMs: 980, serverMs: 262 },
      runningMax: 16,
      waitingMax: 0,
      kvUsageMax: 0.1234,
      preemptions: 0,
      cacheHitShare: 0.005,
    },
    { ...silent, pass: 'latency', times: { queue: time(0.2, 300) }, gaps: [restarted] },
    { ...silent, model: 'fast', gaps: [restarted] },
  ],
};

describe("the server's side", () => {
  it("is a table of its times, each beside the client's, with what speaks against these", () => {
    expect(
      `\n${terminalText(
        serverTables(side).map((own) => tableBlock(own)),
        { width: 100, isWhole: true },
      )}\n`,
    ).toMatchInlineSnapshot(`
      "
      The server's times: GSM8K
      model, pass        TTFT  client TTFT   E2E  client E2E  queue  TTFT p95  E2E p95  queue p95
                           ms           ms     s           s     ms        ms        s         ms
      small, throughput   262          980  1.48        2.12    210     ≤ 500   > 7680      ≤ 300
      small, latency        –            –     –           –  0.200         –        –      ≤ 300
      fast, throughput      –            –     –           –      –         –        –          –
        small, throughput: 718 ms of the 980 ms to the first token (73 %) passed outside the server: in
          the network, a proxy, or a queue in front of it
        small, latency; fast, throughput: the server was started again meanwhile, and began to count anew
        means by the server's clock; p95: the bucket of its histogram that the percentile lies in ends
          there
      The server's load: GSM8K
      model, pass        running  waiting  KV cache  preempted  cache hits
                                                  %                      %
      small, throughput       16        0      12.3          0         0.5
      small, latency           –        –         –          –           –
      fast, throughput         –        –         –          –           –
        running, waiting, KV cache: the most that was seen
      "
    `);
  });

  it('is in whole outputs, and elsewhere no more than the time outside the server', () => {
    const document = reportDocument({ ...smallReport, servers: [side] });
    const brief = terminalText(document.screen, { width: 100 });
    expect(brief).not.toContain("The server's");
    expect(brief.replaceAll(/\s+/g, ' ')).toContain(
      'small, throughput: 718 ms of the 980 ms to the first token (73 %)',
    );
    expect(terminalText(document.screen, { width: 100, isWhole: true })).toContain("The server's load: GSM8K");
    expect(markdownText(document)).toContain("### The server's times: GSM8K");
    expect(document.data).toMatchObject({ servers: [side] });
  });

  it('is a record for each row, with the ends of buckets', () => {
    const [heading = '', first = '', ...others] = csvText(serverRecords([side]))
      .trim()
      .split('\n');
    expect(others).toHaveLength(2);
    const values = first.split(',');
    const read = (name: string): string | undefined => values[heading.split(',').indexOf(name)];
    expect(['task', 'model', 'pass', 'launches'].map(read)).toEqual(['gsm8k/per@1', 'small', 'throughput', '3']);
    expect(
      ['count', 'mean_ms', 'p95_low_ms', 'p95_high_ms'].map((part) => read(`time_to_first_token_${part}`)),
    ).toEqual(['128', '262', '250', '500']);
    expect(read('end_to_end_p95_high_ms')).toBe('');
    expect(read('client_end_to_end_mean_ms')).toBe('2120');
  });
});
