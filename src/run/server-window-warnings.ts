import { percentText } from '../core/amount-text.ts';
import type { PassName } from '../core/cell.ts';
import type { Warning } from '../core/measurement.ts';
import type { ServerWindow } from '../core/server-window.ts';
import { thresholds } from '../core/thresholds.ts';

/** What a server's own metrics say against a pass that measures time; many servers tell cache hits only there. */
export function serverWindowWarnings(pass: PassName, server: ServerWindow | undefined): readonly Warning[] {
  const { cacheHits = 0, cacheQueries, promptTokens } = server ?? {};
  const asked = cacheQueries ?? promptTokens;
  if (pass === 'accuracy' || asked === undefined || asked === 0 || cacheHits <= thresholds.cacheHits * asked) return [];
  return [
    {
      reason: 'cache_hits',
      detail: `by the server's metrics ${percentText(cacheHits, 0, asked)} of the prompt tokens came from its cache`,
    },
  ];
}
