import { UsageError } from '../../core/errors.ts';
import { type ServerPresetName, serverPresetNames } from '../../core/managed-server.ts';
import type { MeasuredSetup } from './measured-setup.ts';

/** The program that serves a model; `command`: the user's own, that perbench started. */
export type ChosenServer = ServerPresetName | 'command';

/** What measured it, where that is a server whose program is known. */
export function measuredServer({ engine, server, facts }: MeasuredSetup): ChosenServer | undefined {
  if (engine === 'managed') return server?.preset ?? 'command';
  return serverPresetNames.find((name) => facts.engineBuild?.startsWith(`${name} `) === true);
}

/** Programs that take what a model comes as: its GGUF file, a repository, or a model that Ollama has. */
function fitting(setup: MeasuredSetup): readonly ChosenServer[] {
  const measured = measuredServer(setup);
  if (measured === 'command') return ['command'];
  if (setup.file !== undefined) return ['llama-server', 'ollama'];
  if (measured === 'ollama') return ['ollama'];
  return measured === 'llama-server' ? [] : ['vllm', 'sglang'];
}

function whyNot(setup: MeasuredSetup, wanted: ServerPresetName): string {
  if (measuredServer(setup) === 'command') return 'it was measured behind a command of your own';
  if (setup.file !== undefined)
    return `it was measured as a GGUF file (${setup.facts.quantisation ?? 'quantised'}), and ${wanted} would serve other weights`;
  return `its server fetched it as ${setup.servedSource}, which ${wanted} can't load as it is`;
}

/**
 * The program that serves a model: the one that is asked for, else the one that measured it, else the nearest to that.
 *
 * @throws {UsageError} if it can't serve what was measured, or nobody knows what did
 */
export function chooseServer(setup: MeasuredSetup, wanted: ServerPresetName | undefined): ChosenServer {
  const possible = fitting(setup);
  if (wanted !== undefined) {
    if (possible.includes(wanted)) return wanted;
    const others = possible.filter((name) => name !== 'command').join(' or ');
    const hint =
      others === '' ? 'Leave the name of the server out.' : `Name ${others}, or measure the model on ${wanted} first.`;
    throw new UsageError(`${setup.model} can't be served by ${wanted} as it was measured: ${whyNot(setup, wanted)}`, {
      hint,
    });
  }
  const chosen = measuredServer(setup) ?? (setup.engine === 'llama' ? 'llama-server' : undefined);
  if (chosen !== undefined && possible.includes(chosen)) return chosen;
  throw new UsageError(
    `${setup.model} was measured at ${setup.servedSource}, a server that perbench did not start: its command isn't known`,
    {
      hint: 'Name the program, such as --serve vllm, or let perbench start the server: see docs/servers.md.',
    },
  );
}
