import { expect, it } from 'vitest';
import { findLlamaServer, startLlamaServer } from '../setup/llama-server.ts';
import { smallModel } from '../setup/small-models.ts';
import { compareAnswers } from './same-answers.ts';

const tool = await findLlamaServer();

/** Beyond what rounding moves a log-probability by, in nats. */
const nearTie = 1.5;

it(
  'gives the same answers through a server as through the llama engine, near ties aside',
  { timeout: 600_000 },
  async (context) => {
    if ('missing' in tool) context.skip(tool.missing);
    const path = await smallModel('smollm2-135m-instruct');
    await using server = await startLlamaServer('folder' in tool ? tool.folder : '', path, { contextTokens: 2048 });
    const items = 4;
    const comparisons = await compareAnswers({
      model: 'smollm2-135m-instruct',
      baseUrl: server.baseUrl,
      style: 'instruct',
      tasks: ['mini'],
      items,
      concurrency: 2,
      contextTokens: 2048,
      // Those that the server was built with.
      kernels: process.platform === 'linux' && process.arch === 'x64' ? 'haswell' : undefined,
    });
    expect(comparisons).toHaveLength(5);
    for (const { taskId, items: compared, problems, scored, worded } of comparisons) {
      expect({ taskId, compared, problems }).toEqual({ taskId, compared: items, problems: [] });
      const differing = [...scored, ...worded];
      const unexplained = differing.filter(({ parting }) => !(Math.abs(parting.servedNats ?? Infinity) < nearTie));
      expect({ taskId, unexplained }).toEqual({ taskId, unexplained: [] });
      // Rounding moves few scores; a fault of ours would move many.
      expect({ taskId, isFew: scored.length <= items / 4 }).toEqual({ taskId, isFew: true });
    }
  },
);
