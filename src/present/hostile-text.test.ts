import { briefPass } from '../../test/setup/bare-pass.ts';
import { silentServer } from '../../test/setup/server-window.ts';
import { serverSideRows } from '../metrics/server-side.ts';
import { describe, expect, it } from 'vitest';
import { type Answers, joinAnswers } from '../scoring/answer.ts';
import type { TaskCosts } from '../scoring/cost.ts';
import { decide } from '../scoring/decide.ts';
import { lossDocument, type LossTable } from './loss-document.ts';
import type { Report } from './report.ts';
import { acts, hostileTexts, remnants, reportOf } from '../../test/setup/hostile-texts.ts';
import { cell } from '../../test/setup/compared-cells.ts';
import { apiAt, taskCosts, usualModel } from '../../test/setup/task-costs.ts';
import type { Sample } from '../core/sample.ts';
import { baseRow, createLadder, type Ladder, ladderRow } from '../scoring/ladder.ts';
import type { Comparison } from '../scoring/comparison.ts';
import type { GateResult } from '../scoring/gate.ts';
import { comparisonDocument } from './comparison-document.ts';
import { csvValue } from './csv.ts';
import { briefDocument } from './brief-document.ts';
import type { Serving } from './serving.ts';
import { costDocument } from './cost-document.ts';
import { decisionDocument } from './decision-document.ts';
import type { Document } from './document.ts';
import { documentFormats, type Format } from './formats.ts';
import { type Gate, gateDocument } from './gate-document.ts';
import { ladderDocument } from './ladder-document.ts';
import { sweepDocument } from './sweep-document.ts';
import type { Sweep } from '../core/sweep.ts';
import { githubAnnotations } from './check-text.ts';
import { reportDocument } from './report-document.ts';
import { sampleFormats } from './samples.ts';
import { terminalText } from './terminal.ts';
import { jsonText, plainText, safeText, screenText, visibleText, withoutCommands } from './sanitise.ts';

function gateOf(text: string): Gate {
  const check = {
    taskId: text,
    model: text,
    limit: 'maxAccuracyDrop',
    metric: 'accuracy',
    kind: 'difference',
  } as const;
  const failed = { ...check, bound: -0.01, isUpper: false, outcome: 'fail', estimate: -0.5, notes: [text] } as const;
  const result = { outcome: 'fail', checks: [failed], ruled: 0, rule: 'inconclusive' } as unknown as GateResult;
  return { result, baseline: text, candidate: text, limitsFrom: [text], differences: [text], unmatched: [text] };
}

function comparisonOf(text: string): Comparison {
  const change = { itemId: text, question: text, scoreA: 1, scoreB: 0, answerA: text, answerB: text, expected: text };
  const metric = {
    metric: 'accuracy',
    unit: 'ratio',
    a: { value: 1 },
    b: { value: 0.5 },
    doubts: [text],
    verdict: 'worse',
  };
  const side = { runId: text, model: text };
  return {
    cells: [
      {
        title: text,
        taskId: text,
        protocol: 'serving',
        a: side,
        b: { ...side, model: 'b' },
        pairs: 1,
        onlyA: 0,
        onlyB: 0,
        otherPrompts: 0,
        metrics: [metric],
        regressions: [change],
        improvements: [],
        differences: [{ what: text, a: text, b: text, affects: 'both' }],
      },
    ],
    unmatched: [text],
    verdict: text,
  } as unknown as Comparison;
}

function lossesOf(text: string): LossTable {
  const one = { value: 1, low: 1, high: 1 };
  const figures = { tokens: 1, texts: 2, klMedian: 0, klP99: 0, klMax: 0, basePerplexity: 1, perplexity: 1 };
  const source = { kind: 'text', name: text, sha256: text } as const;
  const record = { model: text, base: text, source, ...figures, klDivergence: one, topAgreement: one };
  return {
    base: text,
    rows: [{ record: { ...record, perplexityRatio: one }, flips: undefined, change: undefined }],
    unavailable: [{ model: text, base: text, source, reason: text }],
    notes: [text],
    runId: text,
  };
}

function ladderOf(text: string): Ladder {
  const alike = { ...cell(1, 2), model: text, runId: text };
  const side = {
    evidence: alike,
    size: { quantisation: text, fileBytes: 1, bitsPerWeight: 8 },
    loss: undefined,
    verdict: undefined,
  };
  const facts = { taskId: text, title: text, protocol: 'serving', level: 0.95 } as const;
  const rows = [baseRow(side), { ...ladderRow(side, side, facts), reason: text }];
  const made = createLadder({ ...facts, runId: text, base: text, requantisedFrom: [text] }, rows);
  return { ...made, lossSource: { kind: 'text', name: text, sha256: text } };
}

function costsOf(text: string): TaskCosts {
  const unknown = { status: 'unavailable', reason: text, detail: text } as const;
  const own = { ...usualModel, model: text, energyPerItem: unknown };
  const apis = [apiAt(0.2), { ...apiAt(1), price: unknown }].map((api) => ({ ...api, model: text, tokensOf: text }));
  const texts = { runId: text, taskId: text, title: text, pretended: [text], assumedDevice: [text] };
  return taskCosts([own], apis, { answersPerDay: 10, electricityPrice: 1 }, texts);
}

const answersTo = ({ scoreboards }: Report): Answers =>
  joinAnswers(scoreboards.map((board) => decide([{ board, weight: 1, replicates: undefined }])));

function sweepOf(text: string): Sweep {
  const load = { model: text, promptTokens: 64, outputTokens: 8 };
  const found = { launches: 1, requests: 9, failedRequests: 1, reusedTokens: 0 };
  const marks = [{ name: 'failed', detail: text, isDoubtful: true }];
  const promptSpeed = { status: 'measured', value: 9, unit: 'tokens/s', n: 1, warnings: [] } as const;
  const info = { engineBuild: text, devices: [text] } as unknown as Sweep['models'][number]['info'];
  const [server] = serverSideRows(text, [{ ...briefPass, server: { ...silentServer, gap: text } }]);
  return {
    models: [{ name: text, info }],
    launches: 1,
    windowSeconds: 1,
    cells: [
      {
        ...load,
        ...found,
        concurrency: 1,
        state: 'done',
        reason: undefined,
        measurements: { promptSpeed },
        server,
        marks,
      },
      {
        ...load,
        ...found,
        concurrency: 2,
        state: 'failed',
        reason: text,
        measurements: {},
        server: undefined,
        marks: [],
      },
    ],
    searches: [],
    isInterrupted: true,
    startedAtMs: 0,
    perbenchVersion: text,
    host: text,
  };
}

const servingOf = (text: string): Serving => ({
  model: text,
  runId: text,
  server: 'vllm',
  form: 'shell',
  command: text,
  before: [text],
  requests: [text],
  measured: [text],
  notMeasured: [text],
});

async function* samplesOf(
  text: string,
): AsyncGenerator<{ origin: { runId: string; model: string; task: string; protocol: string }; sample: Sample }> {
  const sample = { itemId: text, position: 0, prompt: text, output: text, expected: text, answer: text, score: 0 };
  const failure = { reason: 'engine', message: text };
  yield {
    origin: { runId: text, model: text, task: text, protocol: 'serving' },
    sample: { ...sample, metrics: {}, detail: {}, failure } as unknown as Sample,
  };
}

/** Every text that a writer makes of the same foreign text. */
async function written(text: string): Promise<Readonly<Record<string, string>>> {
  const report = reportOf(text);
  const documents: Readonly<Record<keyof typeof documentFormats, Document>> = {
    report: reportDocument({ ...report, answers: answersTo(report) }),
    comparison: comparisonDocument(comparisonOf(text)),
    decision: decisionDocument(answersTo(report), report),
    brief: briefDocument(answersTo(report), report, { serving: servingOf(text) }),
    gate: gateDocument(gateOf(text)),
    loss: lossDocument(lossesOf(text)),
    cost: costDocument([costsOf(text)]),
    ladder: ladderDocument([ladderOf(text)]),
    sweep: sweepDocument(sweepOf(text)),
  };
  const texts: Record<string, string> = { 'GitHub annotations': githubAnnotations(documents.gate) };
  for (const [kind, document] of Object.entries(documents)) {
    texts[`${kind} in a terminal`] = terminalText(document.screen);
    texts[`${kind} in a narrow terminal`] = terminalText(document.screen, { width: 100 });
    for (const [name, format] of Object.entries<Format>(documentFormats[kind as keyof typeof documents])) {
      const made = await format.write(document);
      if (typeof made === 'string') texts[`${kind} as ${name}`] = made;
    }
  }
  for (const [name, { write }] of Object.entries(sampleFormats)) {
    const parts = (await Array.fromAsync<string | Uint8Array>(write(samplesOf(text)))).filter(
      (part) => typeof part === 'string',
    );
    if (parts.length > 0) texts[`samples as ${name}`] = parts.join('');
  }
  return texts;
}

describe.each(Object.entries(hostileTexts))('%s', (_, [text, left]) => {
  it('is harmless in whatever is written', async () => {
    const texts = await written(text);
    expect(Object.keys(texts).length).toBeGreaterThan(18);
    for (const [name, made] of Object.entries(texts)) {
      expect(acts.exec(made), `${name}: ${made}`).toBeNull();
    }
    // JSON is the one that keeps everything, as escapes.
    for (const [name, made] of Object.entries(texts).filter(([format]) => !format.includes('json')))
      expect(remnants.exec(made), `${name}: ${made}`).toBeNull();
  });

  it('is harmless on its own, and seen in a page', () => {
    for (const made of [safeText(text), plainText(text)]) expect(made).toBe(left);
    expect(visibleText(text)).not.toMatch(acts);
    expect(visibleText(text).length).toBeGreaterThan(left.length);
    expect(visibleText(visibleText(text))).toBe(visibleText(text));
  });
});

it('JSON keeps what it hides', async () => {
  for (const [text] of Object.values(hostileTexts)) {
    const { scoreboards } = JSON.parse(documentFormats.report.json.write(reportDocument(reportOf(text)))) as {
      scoreboards: { title: string }[];
    };
    expect(scoreboards[0]?.title).toBe(text);
  }
});

it.each([
  'Grüße, 你好, नमस्ते, 👩 ± é',
  'emoji of several characters: 👩‍👩‍👧 👩🏽‍💻 ❤️ 1️⃣ 🏳️‍🌈 🧑‍🦰 ⚕︎',
  'signs of Arabic numbers: \u0600\u06DD',
])('text without anything hidden stays as it is: %s', (text) => {
  for (const made of [safeText(text), plainText(text), visibleText(text)]) expect(made).toBe(text);
});

describe('a field of a CSV file', () => {
  it.each([
    ['=1+1', "'=1+1"],
    [' =4+4', "' =4+4"],
    ['\n=3+3', '"\'\n=3+3"'],
    ['\u2028@x', '"\'\n@x"'],
    ['\u200B+1', "'+1"],
    ['\u00A0-1', "'\u00A0-1"],
    ['\tx', "'\tx"],
    ['a\r\nb\rc\u2028d\u2029e', '"a\nb\nc\nd\ne"'],
    ['a - b', 'a - b'],
  ])('%j is no formula, and its line breaks are newlines in quotes', (text, field) => {
    expect(csvValue(text)).toBe(field);
  });
});

it.each([
  ['colours', 'a\u001B[31;1mb\u001B[0mc', 'abc'],
  ['cursor moves and erasing', 'a\u001B[2J\u001B[1;1Hb', 'ab'],
  ['titles', 'a\u001B]0;title\u0007b\u001B]0;title\u001B\\c', 'abc'],
  ['links', '\u001B]8;;https://example.org\u0007text\u001B]8;;\u0007', 'text'],
  ['device control', 'a\u001BPq#0\u001B\\b', 'ab'],
  ['sequences that are cut off', 'a\u001B[', 'a'],
  ['the eight-bit introducer', 'a\u009B31mb', 'ab'],
  ['the eight-bit titles', 'a\u009D0;title\u009Cb', 'ab'],
  ['control characters', 'a\u0000\u0008\u007F\u0085b', 'a\nb'],
  ['what turns the writing direction', 'a\u202E\u2066\u200Fb', 'ab'],
  ['what hides', 'a\u200B\uFEFF\u2060b', 'ab'],
  ['line breaks, which become one kind', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
])('takes out %s', (_, text, expected) => {
  expect(safeText(text)).toBe(expected);
});

it('leaves text alone', () => {
  const text = 'Grüße, 你好, नमस्ते, 👩\n\ttab';
  expect(safeText(text)).toBe(text);
});

describe('lines for a log', () => {
  it.each([
    ['::error::x', ': :error::x'],
    ['a\n  ::set-output name=x::y', 'a\n  : :set-output name=x::y'],
    ['\t::stop-commands::t\n::t::', '\t: :stop-commands::t\n: :t::'],
    ['a ##[error]x', 'a # #[error]x'],
    ['##vso[task.setvariable]x', '# #vso[task.setvariable]x'],
    ["##teamcity[buildStatus text='x']", "# #teamcity[buildStatus text='x']"],
    ['a::b', 'a::b'],
    ['## heading', '## heading'],
  ])('hold no command: %j', (text, left) => {
    expect(withoutCommands(text)).toBe(left);
  });

  it('as JSON keep what they say', () => {
    const value = { text: '##[error]x ::error:: ##vso[x]' };
    expect(jsonText(value)).not.toMatch(/##(?:vso)?\[/);
    expect(JSON.parse(jsonText(value))).toEqual(value);
  });

  it.each(Object.entries(hostileTexts))('keep our colours, not %s', (_, [text, left]) => {
    expect(screenText(`\u001B[1mtitle\u001B[22m ${text}`).replaceAll('\u001B[31m', '')).toBe(
      `\u001B[1mtitle\u001B[22m ${left}`,
    );
  });
});
