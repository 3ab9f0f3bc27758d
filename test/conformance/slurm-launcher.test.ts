import * as z from 'zod';
import { slurmSettings } from '../../src/core/cluster-settings.ts';
import type { Launcher } from '../../src/core/cluster.ts';
import { shapeOf } from '../../src/core/settings.ts';
import { openSlurm } from '../../src/launchers/slurm/slurm-launcher.ts';
import { startSlurm } from '../setup/slurm-cluster.ts';
import { testLauncher } from './launcher.ts';

testLauncher(async () => {
  const slurm = await startSlurm();
  if (typeof slurm === 'string') return slurm;
  const schema = z.strictObject(shapeOf(slurmSettings, z));
  const open = (given: z.input<typeof schema>, environment = slurm.environment, timeoutMs?: number): Launcher => {
    const world = { environment, workingFolder: slurm.folder, signal: new AbortController().signal };
    return openSlurm(schema.parse({ program: 'sh', ...given }), world, timeoutMs);
  };
  return {
    launcher: open({}),
    folder: slurm.folder,
    whole: { needs: { gpus: 8, memoryBytes: 2 ** 30 }, workers: 2 },
    isPendingCancelled: true,
    refused: [
      { launcher: open({ partition: 'none-such' }), says: /Slurm refuses pb-\S+: .*partition/i },
      { launcher: open({ constraint: 'none-such' }), says: /feature/i },
      { launcher: open({ time: 'soon' }), says: /time/i },
      { launcher: open({ lines: ['--nodelist=n9'] }), says: /node/i },
      { launcher: open({ lines: ['--none-such'] }), says: /unrecognized option/i },
    ],
    unreachable: open({}, slurm.deafEnvironment, 2_000),
    async killNode(node) {
      await slurm.killNode(node);
    },
    async [Symbol.asyncDispose]() {
      await slurm[Symbol.asyncDispose]();
    },
  };
});
