import type { ComponentChildren, VNode } from 'preact';
import type { CodedNote } from '../../present/notes.ts';

export type Fact = readonly [name: string, value: ComponentChildren];

/** Names with their values; what isn't known is left out, or stands as a dash where the list is tight. */
export function Facts({
  facts,
  isTight = false,
  isInline = false,
}: {
  readonly facts: readonly Fact[];
  readonly isTight?: boolean;
  /** Beside each other. */
  readonly isInline?: boolean;
}): VNode {
  return (
    <dl class={`facts${isTight ? ' tight' : ''}${isInline ? ' beside' : ''}`}>
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

/** A model's name, whatever direction it is written in; it may be broken between its parts, not within one. */
export function ModelName({ name }: { readonly name: string }): VNode {
  const [first, ...others] = name.split(/(?<=[/_:@])/u);
  return (
    <span class="model">
      <bdi>
        {first}
        {others.map((part) => [<wbr key="break" />, part])}
      </bdi>
    </span>
  );
}

/** A link inside the page; the address keeps the reader's settings. */
export function Jump(props: { readonly to: string; readonly label?: string; readonly children: string }): VNode {
  const { to, label, children } = props;
  return (
    <a
      href={`#${to}`}
      aria-label={label}
      onClick={(event) => {
        event.preventDefault();
        const target = document.getElementById(to);
        target?.scrollIntoView();
        const heading = target?.querySelector<HTMLElement>('h2') ?? target;
        heading?.setAttribute('tabindex', '-1');
        heading?.focus({ preventScroll: true });
      }}
    >
      {children}
    </a>
  );
}

/** Codes of notes, as links to where they stand. */
export function NoteRefs({ notes }: { readonly notes: readonly CodedNote[] }): VNode | null {
  if (notes.length === 0) return null;
  return (
    <sup class={notes.some(({ isDoubt }) => isDoubt) ? 'refs doubtful' : 'refs'}>
      {notes.map(({ code, term }) => (
        <Jump key={code} to={`note-${code}`} label={`note ${code}${term === '' ? '' : `, ${term}`}`}>
          {code}
        </Jump>
      ))}
    </sup>
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
