import { describe } from 'vitest';
import type { JobStatus, Launcher } from '../../src/core/cluster.ts';
import { openRay } from '../../src/launchers/ray/ray-launcher.ts';
import { raySettingsOf } from '../ray/ray-settings.ts';
import { SimulatedRay } from '../ray/simulated-ray.ts';
import { testFolder } from '../setup/test-settings.ts';
import { type TestCluster, testLauncher } from './launcher.ts';

const nodeOf = (address: string) => ({ address, resources: { CPU: 4, GPU: 8, alone: 1 } });

/** Ray's own API is tried by scripts/try-ray.ts; here its double has to be as Ray is. */
async function openSimulated(): Promise<TestCluster> {
  const ray = await SimulatedRay.start([nodeOf('127.0.0.2'), nodeOf('127.0.0.3')]);
  ray.token = 'a token of the cluster';
  const folder = await testFolder();
  const open = async (address: string, token: string): Promise<Launcher> =>
    openRay(raySettingsOf({ address, program: 'sh', exclusive: 'alone' }), {
      environment: { RAY_AUTH_TOKEN: token },
      workingFolder: folder.path,
      signal: new AbortController().signal,
    });
  return {
    launcher: await open(ray.url, ray.token),
    folder: folder.path,
    whole: { needs: { gpus: 8, memoryBytes: undefined }, workers: 2 },
    isPendingCancelled: false,
    refused: [{ launcher: await open(ray.url, 'another token'), says: /refuses the token/ }],
    unreachable: await open('http://127.0.0.1:9', ray.token),
    async killNode(node: NonNullable<JobStatus['node']>) {
      ray.killNode(node);
    },
    async [Symbol.asyncDispose]() {
      await ray[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('Ray, simulated', () => {
  testLauncher(openSimulated);
});
