import type { ComponentChildren, VNode } from 'preact';

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names with their values; what isn't known is left out, or stands as a dash where the list is tight. */
export function Facts({
  facts,
  isTight = false,
}: {
  readonly facts: readonly Fact[];
  readonly isTight?: boolean;
}): VNode {
  return (
    <dl class={isTight ? 'facts tight' : 'facts'}>
      {facts
        .filter(([, value]) => isTight || (value !== undefined && value !== '' && value !== '–'))
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** A model's name, whatever direction it is written in. */
export function ModelName({ name }: { readonly name: string }): VNode {
  return (
    <span class="model">
      <bdi>{name}</bdi>
    </span>
  );
}

export interface BarProps {
  /** 0 to 1. */
  readonly share: number | undefined;
  readonly low?: number | undefined;
  readonly high?: number | undefined;
  readonly isStrong?: boolean;
}

function clamped(value: number): number {
  return Math.min(1, Math.max(0, value)) * 100;
}

/** A bar with its interval as a whisker; says nothing to screen readers: the number stands beside it. */
export function Bar({ share, low, high, isStrong = false }: BarProps): VNode {
  const isKnown = share !== undefined && Number.isFinite(share);
  const hasWhisker = isKnown && low !== undefined && high !== undefined && high > low;
  return (
    <span class={isStrong ? 'bar strong' : 'bar'} aria-hidden="true">
      {isKnown ? <span class="bar-fill" style={{ width: `${clamped(share)}%` }} /> : null}
      {hasWhisker ? (
        <span class="bar-whisker" style={{ left: `${clamped(low)}%`, width: `${clamped(high) - clamped(low)}%` }} />
      ) : null}
    </span>
  );
}

/** One of several, by name. */
export function Select(props: {
  readonly label: string;
  readonly isWide?: boolean;
  readonly value: string;
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly onChange: (value: string) => void;
}): VNode {
  const { label, isWide = false, value, options, onChange } = props;
  return (
    <label class={isWide ? 'wide' : undefined}>
      {label}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
