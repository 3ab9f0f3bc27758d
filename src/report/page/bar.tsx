import type { VNode } from 'preact';

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
