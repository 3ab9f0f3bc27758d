import { describe, expect, it } from 'vitest';
import type { CellComparison, MetricComparison } from '../scoring/comparison.ts';
import { decideGate, type GateCheck, type GateOutcome, type InconclusiveRule } from '../scoring/gate.ts';
import { comparisonDocument } from './comparison-document.ts';
import { documentFormats } from './formats.ts';
import { gateDocument } from './gate-document.ts';
import { fitSummary, githubAnnotations } from './check-text.ts';
import { openRaceText } from './certificate-document.ts';

const interval = (low: number, high: number) => ({ low, high, level: 0.95, method: 'm' });

const accuracy: MetricComparison = {
  metric: 'accuracy',
  unit: 'ratio',
  a: { value: 0.58, interval: interval(0.55, 0.61), n: 1319, bounds: undefined, isDoubtful: false },
  b: { value: 0.61, interval: interval(0.58, 0.64), n: 1319, bounds: undefined, isDoubtful: false },
  change: 0.03,
  interval: interval(0.002, 0.058),
  leastDrop: -0.058,
  p: 0.0004,
  test: 'McNemar mid-p',
  verdict: 'better',
  reason: undefined,
  doubts: ['B: truncated: 6 % of the answers'],
};
const latency: MetricComparison = {
  metric: 'latency',
  unit: 'ms',
  a: { value: 1200, interval: undefined, n: 1, bounds: undefined, isDoubtful: false },
  b: undefined,
  change: undefined,
  interval: undefined,
  leastDrop: undefined,
  p: undefined,
  test: undefined,
  verdict: 'unknown',
  reason: 'B: not measured',
  doubts: [],
};
const cell: CellComparison = {
  taskId: 'gsm8k/per@1',
  title: 'GSM8K',
  protocol: 'serving',
  a: { runId: 'run-a', model: 'alpha', state: 'done', error: undefined },
  b: { runId: 'run-b', model: 'be|ta', state: 'done', error: undefined },
  pairs: 1319,
  onlyA: 1,
  onlyB: 0,
  otherPrompts: 2,
  metrics: [accuracy, latency],
  regressions: [
    { itemId: 'i1', question: 'How many?', expected: '4', scoreA: 1, scoreB: 0, answerA: '4', answerB: undefined },
    {
      itemId: 'i2',
      question: '<i>Why?</i>',
      expected: '=5',
      scoreA: 0.5,
      scoreB: 0.25,
      answerA: 'five\nor so',
      answerB: '<b>',
    },
  ],
  improvements: [],
  differences: [{ what: 'threads', a: '2', b: '4', affects: 'performance' }],
};
const comparison = { level: 0.95, cells: [cell], unmatched: ['x on y (paper) is only in A'], verdict: 'B is better.' };

describe('a comparison', () => {
  it('as Markdown', () => {
    expect(documentFormats.comparison.markdown.write(comparisonDocument(comparison))).toMatchInlineSnapshot(`
      "**B is better.**

      ### GSM8K · gsm8k/per@1 · serving protocol · be\\|ta against alpha

      |  | A | B | B vs A | p |  |
      | :-- | --: | --: | --: | --: | :-- |
      | accuracy | 0.580 \\[0.550, 0.610\\] | 0.610 \\[0.580, 0.640\\] | +3.0 points \\[+0.2, +5.8\\] | \\< 0.001 | better ! |
      | latency | 1.20 s | – | – |  | ? |

      - 1319 paired items (McNemar mid-p); 1 only in A, not counted
      - 2 of these items had a different prompt in B
      - ? latency: B: not measured
      - ! accuracy of B: truncated: 6 % of the answers
      - threads: 2 in A, 4 in B (makes performance hard to compare)

      <details><summary>2 regressions</summary>

      | item | A → B | answer of A | answer of B | expected |
      | :-- | :-- | :-- | :-- | :-- |
      | i1 | right → wrong | 4 | (none) | 4 |
      | i2 | 0.50 → 0.25 | five or so | \\<b\\> | =5 |

      </details>

      - x on y (paper) is only in A
      "
    `);
  });

  it('says once why several figures are unknown', () => {
    const memory: MetricComparison = { ...latency, metric: 'memory', unit: 'bytes' };
    const other: MetricComparison = { ...latency, metric: 'throughput', reason: 'A: not measured' };
    const cells = [{ ...cell, metrics: [accuracy, latency, other, memory] }];
    const text = documentFormats.comparison.markdown.write(comparisonDocument({ ...comparison, cells }));
    expect(text.match(/^- \? .*$/gm)).toEqual([
      '- ? latency, memory: B: not measured',
      '- ? throughput: A: not measured',
    ]);
  });

  it('as CSV, in base units', () => {
    expect(documentFormats.comparison.csv.write(comparisonDocument(comparison))).toMatchInlineSnapshot(`
      "task,protocol,run_a,model_a,run_b,model_b,metric,unit,a,a_low,a_high,b,b_low,b_high,change,change_low,change_high,level,p,verdict,reason,pairs,only_a,only_b,regressions,improvements
      gsm8k/per@1,serving,run-a,alpha,run-b,be|ta,accuracy,ratio,0.58,0.55,0.61,0.61,0.58,0.64,0.03,0.002,0.058,0.95,0.0004,better,,1319,1,0,2,0
      gsm8k/per@1,serving,run-a,alpha,run-b,be|ta,latency,ms,1200,,,,,,,,,,,unknown,B: not measured,1319,1,0,2,0
      "
    `);
  });

  it('as JSON under a schema', () => {
    expect(JSON.parse(documentFormats.comparison.json.write(comparisonDocument(comparison)))).toMatchObject({
      schema: 'perbench-comparison/1',
      verdict: 'B is better.',
      cells: [{ pairs: 1319, regressions: [{ itemId: 'i1' }, { itemId: 'i2' }] }],
    });
  });
});

function check(outcome: GateOutcome, change: Partial<GateCheck> = {}): GateCheck {
  return {
    taskId: 'gsm8k/per@1',
    model: 'alpha',
    limit: 'maxThroughputDrop',
    isAdvisory: false,
    metric: 'throughput',
    kind: 'ratio',
    unit: 'ratio',
    bound: 0.95,
    ofBaseline: undefined,
    isUpper: false,
    estimate: 0.97,
    interval: interval(0.94, 1.01),
    outcome,
    notes: outcome === 'pass' ? [] : ['5 % of "x" < y & z\r\nnext\u0001'],
    ...change,
  };
}

function document(
  outcomes: readonly GateOutcome[],
  rule: InconclusiveRule = 'report',
  more: readonly GateCheck[] = [],
) {
  return gateDocument({
    result: decideGate([...outcomes.map((outcome) => check(outcome)), ...more], rule),
    baseline: 'run-a',
    candidate: 'run-b',
    limitsFrom: ['perbench.yaml'],
    differences: [],
    unmatched: [],
  });
}

describe('a gate', () => {
  it('as JUnit XML', () => {
    expect(documentFormats.gate.junit.write(document(['fail', 'pass']))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="perbench gate: run-b against run-a" tests="2" failures="1" errors="0" skipped="0" time="0">
      <testsuite name="perbench gate: run-b against run-a" tests="2" failures="1" errors="0" skipped="0" time="0">
        <properties>
          <property name="verdict" value="gate failed: 1 of 2 checks (1 passed)"/>
        </properties>
        <testcase classname="gsm8k/per@1 / alpha" name="throughput at least −5.0 % against the baseline" time="0">
          <properties>
            <property name="limit" value="maxThroughputDrop"/>
            <property name="severity" value="required"/>
            <property name="bound" value="0.95"/>
            <property name="outcome" value="fail"/>
            <property name="estimate" value="0.97"/>
            <property name="low" value="0.94"/>
            <property name="high" value="1.01"/>
          </properties>
          <failure message="gsm8k/per@1 / alpha: required throughput at least −5.0 % against the baseline, got −3.0 % [−6.0 %, +1.0 %]: fail (5 % of &quot;x&quot; &lt; y &amp; z next)"/>
          <system-out>got −3.0 % [−6.0 %, +1.0 %]</system-out>
        </testcase>
        <testcase classname="gsm8k/per@1 / alpha" name="throughput at least −5.0 % against the baseline" time="0">
          <properties>
            <property name="limit" value="maxThroughputDrop"/>
            <property name="severity" value="required"/>
            <property name="bound" value="0.95"/>
            <property name="outcome" value="pass"/>
            <property name="estimate" value="0.97"/>
            <property name="low" value="0.94"/>
            <property name="high" value="1.01"/>
          </properties>
          <system-out>got −3.0 % [−6.0 %, +1.0 %]</system-out>
        </testcase>
      </testsuite>
      </testsuites>
      "
    `);
  });

  it.each([
    ['report', 'errors="1"', '<error '],
    ['pass', 'skipped="1"', '<skipped '],
    ['fail', 'failures="1"', '<failure '],
  ] as const)('tells JUnit what an open check counts as under %s', (rule, count, element) => {
    const xml = documentFormats.gate.junit.write(document(['inconclusive', 'pass'], rule));
    expect(xml).toContain(count);
    expect(xml).toContain(element);
  });

  it('as Markdown', () => {
    expect(documentFormats.gate.markdown.write(document(['inconclusive', 'pass']))).toMatchInlineSnapshot(`
      "### gate inconclusive: 1 of 2 checks (1 passed)

      Candidate run-b against baseline run-a.

      | task | model | required | measured | outcome |
      | :-- | :-- | :-- | --: | :-- |
      | gsm8k/per@1 | alpha | throughput at least −5.0 % against the baseline | −3.0 % \\[−6.0 %, +1.0 %\\] | inconclusive ! |
      | gsm8k/per@1 | alpha | throughput at least −5.0 % against the baseline | −3.0 % \\[−6.0 %, +1.0 %\\] | pass |

      - ! gsm8k/per@1 / alpha: required throughput at least −5.0 % against the baseline, got −3.0 % \\[−6.0 %, +1.0 %\\]: inconclusive (5 % of "x" \\< y & z next)
      "
    `);
  });

  it('as CSV and JSON', () => {
    expect(documentFormats.gate.csv.write(document(['pass']))).toMatchInlineSnapshot(`
      "task,model,limit,severity,metric,kind,unit,bound,direction,estimate,low,high,outcome,notes
      gsm8k/per@1,alpha,maxThroughputDrop,required,throughput,ratio,ratio,0.95,at least,0.97,0.94,1.01,pass,
      "
    `);
    expect(JSON.parse(documentFormats.gate.json.write(document(['pass'])))).toMatchObject({
      schema: 'perbench-gate/1',
      verdict: 'gate passed: 1 of 1 check',
      outcome: 'pass',
    });
  });

  it('annotates on GitHub, its syntax escaped', () => {
    expect(githubAnnotations(document(['fail', 'inconclusive', 'pass']))).toMatchInlineSnapshot(`
      "::error title=throughput at least −5.0 %25 against the baseline::gsm8k/per@1 / alpha: required throughput at least −5.0 %25 against the baseline, got −3.0 %25 [−6.0 %25, +1.0 %25]: fail (5 %25 of "x" < y & z%0Anext)
      ::warning title=throughput at least −5.0 %25 against the baseline::gsm8k/per@1 / alpha: required throughput at least −5.0 %25 against the baseline, got −3.0 %25 [−6.0 %25, +1.0 %25]: inconclusive (5 %25 of "x" < y & z%0Anext)
      ::notice title=perbench gate::gate failed: 1 of 3 checks (1 inconclusive, 1 passed)
      "
    `);
  });

  it.each([
    ['report', ['inconclusive', 'pass', 'pass'], 'gate inconclusive: 1 of 3 checks (2 passed)'],
    ['report', ['fail'], 'gate failed: 1 of 1 check'],
    [
      'fail',
      ['inconclusive', 'pass'],
      'gate failed: 1 of 2 checks (inconclusive, which counts as failed, as requested; 1 passed)',
    ],
    ['pass', ['inconclusive'], 'gate passed: 1 of 1 check (inconclusive, which counts as passed, as requested)'],
    ['report', [], 'gate inconclusive: no required checks'],
  ] as const)('under %s and %j has the verdict %j', (rule, outcomes, verdict) => {
    expect(document(outcomes, rule).verdict).toBe(verdict);
  });

  it('has advisory checks as warnings, and never as failures', () => {
    const advisory = (['fail', 'inconclusive'] as const).map((outcome) => check(outcome, { isAdvisory: true }));
    const advised = document(['pass'], 'fail', advisory);
    expect(advised.verdict).toBe('gate passed: 1 of 1 check; advisory: 1 failed, 1 inconclusive');
    expect(githubAnnotations(advised).match(/^::\w+/gm)).toEqual(['::warning', '::notice']);
    const xml = documentFormats.gate.junit.write(advised);
    expect(xml).toContain('failures="0" errors="0" skipped="2"');
    expect(xml).toContain('<skipped message="gsm8k/per@1 / alpha: advised throughput at least');
    expect(documentFormats.gate.markdown.write(advised)).toContain('| fail (advisory) ! |');
  });

  it('says of which accuracy a bound is a share', () => {
    const relative = {
      limit: 'maxRelativeAccuracyDrop',
      metric: 'accuracy',
      kind: 'difference',
      bound: -0.001,
      ofBaseline: 0.02,
    } as const;
    const [shown] = document([], 'report', [check('fail', relative)]).checks;
    expect(shown?.demand).toBe('accuracy at least −0.1 points against the baseline, 5.0 % of its 0.020');
  });

  it('makes at most ten annotations of a kind', () => {
    const lines = githubAnnotations(document(Array.from({ length: 12 }, () => 'fail'))).split('\n');
    expect(lines.filter((line) => line.startsWith('::error'))).toHaveLength(10);
    expect(lines[9]).toBe('::error title=perbench gate::and 3 more checks');
    const ten = githubAnnotations(document(Array.from({ length: 10 }, () => 'fail'))).split('\n');
    expect(ten.filter((line) => line.startsWith('::error'))).toHaveLength(10);
    expect(ten[9]).not.toContain('more checks');
  });

  it('cuts a step summary at a line, counted in bytes', () => {
    const text = 'é'.repeat(99).concat('\n').repeat(10);
    expect(fitSummary(text, 5000)).toBe(text);
    const cut = fitSummary(text, 1000);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1000);
    expect(cut).toMatch(/^(é{99}\n)+\nTruncated .*\n$/);
    expect(fitSummary(text, 10)).toBe('');
  });
});

it('says where a race stood when it was stopped', () => {
  const winner = { question: 'winner', score: 'PER-A/2026-1/cpu', taskId: 'arc_easy/lmeval@1' };
  const cheapest = { question: 'cheapest with accuracy >= 0.7', score: null, taskId: 'imdb/per@2' };
  const lines = [
    openRaceText(winner, { candidates: ['a', 'b', 'c'], delta: 0.0401 }),
    openRaceText(winner, { candidates: ['a', 'b'], delta: null }),
    openRaceText(cheapest, { candidates: ['a'], delta: null }),
  ];
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "Winner (PER-A/2026-1/cpu, arc_easy/lmeval@1): not decided yet, 3 candidates left: a, b, c; a is within 4 % of the winner
    Winner (PER-A/2026-1/cpu, arc_easy/lmeval@1): not decided yet, 2 candidates left: a, b
    Cheapest with accuracy >= 0.7 (imdb/per@2): not decided yet, 1 candidate left: a"
  `);
});
