import type { ComponentChildren, VNode } from 'preact';
import { limitKind, limitLabel } from '../../core/limits.ts';
import { percentText } from '../../core/amount-text.ts';
import { quantities } from '../../core/quantities.ts';
import { factorNames, perFactor, type FactorName, type Factors } from '../../scoring/factor.ts';
import { costFactors, factorTitles } from '../charts/scoreboard-data.ts';
import { limitStops, stopOf, typedLimit, type LimitStops } from '../limit-stops.ts';
import { normalWeights } from '../rescore.ts';
import { boundText, choiceParams, pageLimits, parsePrice, type Choices, type PageLimit } from '../settings.ts';
import type { PageView } from './board-view.ts';
import { setParams } from './hash-state.ts';
import { NumberField } from './number-field.tsx';

interface SliderProps {
  readonly label: string;
  /** What stands beside it: the value, or a field to type it. */
  readonly children: ComponentChildren;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly value: number;
  readonly shown: string;
  readonly onChange: (value: number) => void;
}

function Slider({ label, min, max, step, value, shown, onChange, children }: SliderProps): VNode {
  return (
    <div class="slider">
      <span class="slider-name">{label}</span>
      <input
        type="range"
        aria-label={label}
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
      {children}
    </div>
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

/** Weights of which one has a wanted share, the others theirs of the rest. */
export function withShare(weights: Factors, factor: FactorName, share: number): Factors {
  const others = normalWeights({ ...weights, [factor]: 0 });
  const rest = others[factor] === 0 ? others : perFactor((name) => (name === factor ? 0 : 1 / 3));
  const round = (part: number): number => Math.round(part * 10_000) / 100;
  return perFactor((name) => round(name === factor ? share : rest[name] * (1 - share)));
}

function Weights({ view: { choices }, change }: PartProps): VNode {
  const weights = normalWeights(choices.weights);
  const type = (factor: FactorName, text: string): string | undefined => {
    const share = quantities.share.parse(text);
    if (share === undefined || share > 1) return 'a share such as 0.4 or 40%';
    change({ weights: withShare(choices.weights, factor, share) });
    return undefined;
  };
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
          shown={percentText(weights[factor])}
          onChange={(value) => change({ weights: { ...choices.weights, [factor]: value } })}
        >
          <NumberField
            label={`Weight of ${factor}`}
            text={percentText(weights[factor])}
            onType={(text) => type(factor, text)}
          />
        </Slider>
      ))}
    </fieldset>
  );
}

/** `Maximum memory`. */
function limitTitle(name: PageLimit): string {
  return `${limitKind(name).relation === 'at least' ? 'Minimum' : 'Maximum'} ${limitLabel(name)}`;
}

function LimitSlider({ name, stops, view, change }: PartProps & { name: PageLimit; stops: LimitStops }): VNode {
  const { limits } = view.choices;
  const bound = limits[name];
  const set = (value: number | undefined): void => change({ limits: { ...limits, [name]: value } });
  const text = bound === undefined ? '' : boundText(name, bound);
  return (
    <Slider
      label={limitTitle(name)}
      min={0}
      max={stops.length - 1}
      step={1}
      value={stopOf(stops, bound)}
      shown={text === '' ? 'no limit' : text}
      onChange={(index) => set(stops[index])}
    >
      <NumberField
        label={`${limitTitle(name)}, typed`}
        text={text}
        placeholder="no limit"
        onType={(typed) => {
          const read = typedLimit(name, typed);
          if ('expected' in read) return read.expected;
          set(read.bound);
          return undefined;
        }}
      />
    </Slider>
  );
}

/** The price of an hour, without which answers have no price. */
function HourlyPrice({ view: { choices }, change }: PartProps): VNode {
  return (
    <div class="slider">
      <span class="slider-name whole">Price per hour of a device</span>
      <NumberField
        label="Price per hour of one device"
        text={choices.pricePerHour === undefined ? '' : String(choices.pricePerHour)}
        placeholder="unknown"
        onType={(text) => {
          const price = text.trim() === '' ? undefined : parsePrice(text);
          if (price === undefined && text.trim() !== '') return 'a number above 0';
          change({ pricePerHour: price });
          return undefined;
        }}
      />
    </div>
  );
}

function LimitSliders({ view, change }: PartProps): VNode {
  const boards = view.boards.map(({ board }) => board);
  return (
    <fieldset>
      <legend>Limits</legend>
      {pageLimits.map((name) => {
        const stops = limitStops(boards, name, view.choices.pricePerHour);
        return stops === undefined ? null : (
          <LimitSlider key={name} name={name} stops={stops} view={view} change={change} />
        );
      })}
      <HourlyPrice view={view} change={change} />
      <p class="hint">A model that misses a limit is not recommended.</p>
    </fieldset>
  );
}

function ScoreChoice({ view, change }: PartProps): VNode {
  const { choices } = view;
  const hasOwnAnchors = view.boards.some(({ board }) => board.anchors !== undefined);
  return (
    <>
      <label class="slider">
        <span class="slider-name whole">Score</span>
        <select
          value={choices.score}
          onChange={(event) => change({ score: event.currentTarget.value === 'paper' ? 'paper' : 'anchored' })}
        >
          <option value="anchored">PER-A: scaled by fixed anchors</option>
          <option value="paper">PER-paper: scaled over these models</option>
        </select>
      </label>
      {choices.score !== 'anchored' || hasOwnAnchors ? null : (
        <p class="hint">No anchors were given: the medians of each table are used.</p>
      )}
    </>
  );
}

function Anchors({ view, change }: PartProps): VNode {
  const { choices } = view;
  const sliders = choices.score === 'anchored' ? costFactors : [];
  return (
    <fieldset>
      <legend>Score and anchors</legend>
      <ScoreChoice view={view} change={change} />
      {sliders.map((factor) => (
        <Slider
          key={factor}
          label={factorTitles[factor]}
          min={-4}
          max={4}
          step={0.5}
          value={choices.anchorSteps[factor]}
          shown={multiplier(choices.anchorSteps[factor])}
          onChange={(value) => change({ anchorSteps: { ...choices.anchorSteps, [factor]: value } })}
        >
          <output>{multiplier(choices.anchorSteps[factor])}</output>
        </Slider>
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
        <span class="controls-title">Your own limits and weights</span>
        <span class="controls-state">
          {isDefault ? 'settings of the report' : 'your settings: scores are recomputed'}
        </span>
      </summary>
      <div class="controls-grid">
        <Weights view={view} change={change} />
        <LimitSliders view={view} change={change} />
        <Anchors view={view} change={change} />
      </div>
      <button type="button" disabled={isDefault} onClick={() => setParams(choiceParams(defaults, defaults))}>
        Reset to the settings of the report
      </button>
    </details>
  );
}
