import type { VNode } from 'preact';
import { factorNames } from '../../scoring/factor.ts';
import { costFactors, factorTitles } from '../charts/scoreboard-data.ts';
import { normalWeights } from '../rescore.ts';
import { choiceParams, type Choices } from '../settings.ts';
import type { PageView } from './board-view.ts';
import { setParams } from './hash-state.ts';

interface SliderProps {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly shown: string;
  readonly onChange: (value: number) => void;
}

function Slider({ label, min, max, step, value, shown, onChange }: SliderProps): VNode {
  return (
    <label class="slider">
      <span class="slider-name">{label}</span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      <output>{shown}</output>
    </label>
  );
}

function multiplier(step: number): string {
  const factor = 2 ** step;
  return factor >= 1 ? `× ${Number(factor.toFixed(2))}` : `÷ ${Number((1 / factor).toFixed(2))}`;
}

interface PartProps {
  readonly view: PageView;
  readonly change: (changes: Partial<Choices>) => void;
}

function Weights({ view: { choices }, change }: PartProps): VNode {
  const weights = normalWeights(choices.weights);
  return (
    <fieldset>
      <legend>Weights</legend>
      {factorNames.map((factor) => (
        <Slider
          key={factor}
          label={factorTitles[factor]}
          min={0}
          max={100}
          step={5}
          value={choices.weights[factor]}
          shown={`${Math.round(weights[factor] * 100)} %`}
          onChange={(value) => change({ weights: { ...choices.weights, [factor]: value } })}
        />
      ))}
    </fieldset>
  );
}

function LimitAndScore({ view, change }: PartProps): VNode {
  const { choices } = view;
  const hasOwnAnchors = view.boards.some(({ board }) => board.anchors !== undefined);
  return (
    <fieldset>
      <legend>Limit and score</legend>
      <Slider
        label="Minimum accuracy"
        min={0}
        max={1}
        step={0.01}
        value={choices.accuracyGate}
        shown={choices.accuracyGate.toFixed(2)}
        onChange={(accuracyGate) => change({ accuracyGate })}
      />
      <label class="slider">
        <span class="slider-name">Score</span>
        <select
          value={choices.score}
          onChange={(event) => change({ score: event.currentTarget.value === 'paper' ? 'paper' : 'anchored' })}
        >
          <option value="paper">PER: scaled over these models</option>
          <option value="anchored">PER-A: scaled by fixed anchors</option>
        </select>
        <span />
      </label>
      {choices.score !== 'anchored' || hasOwnAnchors ? null : (
        <p class="hint">No anchors were given: the medians of each table are used.</p>
      )}
    </fieldset>
  );
}

function AnchorSliders({ view: { choices }, change }: PartProps): VNode | null {
  if (choices.score !== 'anchored') return null;
  return (
    <fieldset>
      <legend>PER-A anchors</legend>
      {costFactors.map((factor) => (
        <Slider
          key={factor}
          label={factorTitles[factor]}
          min={-4}
          max={4}
          step={0.5}
          value={choices.anchorSteps[factor]}
          shown={multiplier(choices.anchorSteps[factor])}
          onChange={(value) => change({ anchorSteps: { ...choices.anchorSteps, [factor]: value } })}
        />
      ))}
    </fieldset>
  );
}

/** What a reader may change: scores, ranks and their intervals follow at once. */
export function Controls({ view }: { readonly view: PageView }): VNode {
  const { choices, defaults, isDefault } = view;
  const change = (changes: Partial<Choices>): void => setParams(choiceParams({ ...choices, ...changes }, defaults));
  return (
    <details class="controls js-only" open={!isDefault}>
      <summary>
        <span class="controls-title">Your own weights</span>
        <span class="controls-state">
          {isDefault ? 'settings of the report' : 'your settings: scores are recomputed'}
        </span>
      </summary>
      <div class="controls-grid">
        <Weights view={view} change={change} />
        <LimitAndScore view={view} change={change} />
        <AnchorSliders view={view} change={change} />
      </div>
      <button type="button" disabled={isDefault} onClick={() => setParams(choiceParams(defaults, defaults))}>
        Reset to the settings of the report
      </button>
    </details>
  );
}
