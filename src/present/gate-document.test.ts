import { expect, it } from 'vitest';
import { decideGate, type GateCheck } from '../scoring/gate.ts';
import { gateDocument } from './gate-document.ts';

it('a limit on what was not measured is told in its unit', () => {
  const check: GateCheck = {
    taskId: 'gsm8k/per@1',
    model: 'alpha',
    limit: 'maxEnergy',
    isAdvisory: false,
    metric: 'energyPerItem',
    kind: 'value',
    unit: undefined,
    bound: 2,
    ofBaseline: undefined,
    isUpper: true,
    estimate: undefined,
    interval: undefined,
    outcome: 'inconclusive',
    notes: [],
  };
  const origin = { baseline: 'a', candidate: 'b', limitsFrom: [], differences: [], unmatched: [] };
  const [made] = gateDocument({ result: decideGate([check], 'report'), ...origin }).checks;
  expect(made?.demand).toBe('energy per answer at most 2 J');
});
