import { percentText } from '../core/amount-text.ts';
import type { HostWindow } from '../core/host-window.ts';
import type { Warning } from '../core/measurement.ts';
import { thresholds } from '../core/thresholds.ts';

const gibibyte = 2 ** 30;

/** What GPUs did in a window that makes its figures doubtful. Idle GPUs of others don't count. */
export function deviceWarnings({ devices }: Pick<HostWindow, 'devices'>): readonly Warning[] {
  if (devices === undefined) return [];
  const used = devices.devices.filter(({ isEngines }) => isEngines !== false);
  const ids = new Set(used.map(({ id }) => id));
  const throttled = used.filter(({ throttledShare }) => (throttledShare ?? 0) > thresholds.throttled);
  const foreign = devices.foreignProcesses.filter(({ deviceId }) => ids.has(deviceId));
  const warnings: Warning[] = [];
  if (throttled.length > 0) {
    const details = throttled.map(
      ({ id, throttledShare = 0, throttleReasons }) =>
        `${id} in ${percentText(throttledShare)} of the readings (${throttleReasons.join(', ')})`,
    );
    warnings.push({ reason: 'throttled', detail: `clocks were lowered: ${details.join('; ')}` });
  }
  if (foreign.length > 0) {
    const details = foreign.map(({ pid, name, memoryBytes, deviceId }) => {
      const memory = memoryBytes === undefined ? '' : `, ${(memoryBytes / gibibyte).toFixed(1)} GiB`;
      return `${name} (process ${pid}${memory}) on ${deviceId}`;
    });
    warnings.push({ reason: 'foreign_process', detail: `also on the GPU: ${details.join('; ')}` });
  }
  return warnings;
}
