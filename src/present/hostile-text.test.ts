import { describe, expect, it } from 'vitest';
import type { Measurement, Unit } from '../core/measurement.ts';
import type { Sample } from '../core/sample.ts';
import type { Comparison } from '../scoring/comparison.ts';
import { createScoreboards } from '../scoring/create-scoreboards.ts';
import type { Decision } from '../scoring/decision.ts';
import type { GateResult } from '../scoring/gate.ts';
import { comparisonDocument } from './comparison-document.ts';
import { decisionDocument } from './decision-document.ts';
import type { Document } from './document.ts';
import { documentFormats, type Format } from './formats.ts';
import { type Gate, gateDocument } from './gate-document.ts';
import { githubAnnotations } from './check-text.ts';
import { reportDocument } from './report-document.ts';
import type { Report } from './report.ts';
import { sampleFormats } from './samples.ts';
import { terminalText } from './terminal.ts';
import { fieldText, plainText, safeText, visibleText } from './sanitise.ts';

/** What a model may be called, or say. */
const hostile: Readonly<Record<string, string>> = {
  'a colour': 'x\u001B[31my',
  'a cursor move': 'x\u001B[2J\u001B[1;1Hy',
  'a title': 'x\u001B]0;title\u0007y',
  'a link': 'x\u001B]8;;https://example.invalid\u001B\\y',
  'a cut sequence': 'x\u001B[',
  'eight-bit CSI': 'x\u009B31my',
  'eight-bit OSC': 'x\u009D0;title\u009Cy',
  'a bell and a null': 'x\u0007\u0000y',
  'a delete': 'x\u007Fy',
  'direction marks': 'x\u200E\u200F\u061Cy',
  'direction overrides': 'x\u202A\u202E\u2066\u2069y',
  'zero width': 'x\u200B\u200C\u200D\u2060y',
  'a byte order mark': 'x\uFEFFy',
  'annotation marks': 'x\uFFF9\uFFFBy',
};

const acts =
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u061C\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/u;

const measured = (value: number, unit: Unit): Measurement => ({ status: 'measured', value, unit, n: 3, warnings: [] });

function reportOf(text: string): Report {
  const cell = (model: string, state: 'done' | 'failed') => ({
    model,
    taskId: `${text}/per@1`,
    protocol: 'serving' as const,
    state,
    error: state === 'failed' ? { code: 'PB_ENGINE', message: text } : undefined,
    measurements: {
      accuracy: measured(0.5, 'ratio'),
      throughput: measured(1, 'items/s'),
      latency: measured(100, 'ms'),
      memory: measured(2 ** 30, 'bytes'),
      extra: { [text]: measured(1, 'ratio') },
    },
  });
  const cells = [cell(text, 'done'), cell('b', 'done'), cell(`${text}2`, 'failed')];
  const tasks = { [`${text}/per@1`]: { title: text, metric: text } };
  return { run: { id: text, host: text }, scoreboards: createScoreboards(cells, { tasks }), notes: [text] };
}

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
  const change = { itemId: text, scoreA: 1, scoreB: 0, answerA: text, answerB: text, expected: text };
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

function decisionOf(text: string): Decision {
  const candidate = { model: text, isEligible: false, checks: [], reasons: [text], score: undefined };
  return {
    tasks: [{ taskId: text, weight: 1 }],
    constraints: {},
    scoreVersion: text,
    outcome: 'no-valid-model',
    recommended: undefined,
    candidates: [candidate],
    runnerUp: undefined,
    nextCheaper: undefined,
    unconstrained: undefined,
    nearestMiss: text,
    largestGates: [],
    curves: [],
    notes: [text],
  } as unknown as Decision;
}

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
  const documents: Readonly<Record<keyof typeof documentFormats, Document>> = {
    report: reportDocument(reportOf(text)),
    comparison: comparisonDocument(comparisonOf(text)),
    decision: decisionDocument(decisionOf(text)),
    gate: gateDocument(gateOf(text)),
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

describe.each(Object.entries(hostile))('%s', (_, text) => {
  it('is harmless in whatever is written', async () => {
    const texts = await written(text);
    expect(Object.keys(texts).length).toBeGreaterThan(18);
    for (const [name, made] of Object.entries(texts)) expect(acts.exec(made), `${name}: ${made}`).toBeNull();
  });

  it('is harmless on its own, and seen in a page', () => {
    for (const made of [safeText(text), plainText(text), fieldText(text), visibleText(text)])
      expect(made).not.toMatch(acts);
    expect(plainText(text)).toMatch(/^xy?$/u);
    expect(visibleText(text).length).toBeGreaterThan(2);
  });
});

it('JSON keeps what it hides', async () => {
  for (const text of Object.values(hostile)) {
    const { scoreboards } = JSON.parse(documentFormats.report.json.write(reportDocument(reportOf(text)))) as {
      scoreboards: { title: string }[];
    };
    expect(scoreboards[0]?.title).toBe(text);
  }
});

it('text without anything hidden stays as it is', () => {
  const text = 'Grüße, 你好, नमस्ते, 👩 ± é';
  for (const made of [safeText(text), plainText(text), fieldText(text), visibleText(text)]) expect(made).toBe(text);
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
