import type { ManagedServer, ServerPresetName } from '../../core/managed-server.ts';
import { managedServerSchema } from '../../core/suite.ts';
import { removed } from '../../core/without-secrets.ts';
import { serverCommand, usualServedName } from '../../engines/served/server-command.ts';
import { findCatalogueEntry } from '../../sources/catalogue.ts';
import type { ChosenServer } from './choose-server.ts';
import { type CommandWord, commandWords } from './command-word.ts';
import { llamaServerArguments, type PlaceFile } from './llama-server-arguments.ts';
import type { MeasuredSetup } from './measured-setup.ts';

/** A server's command line with what is around it. */
export interface ServeCommandLine {
  readonly words: readonly CommandWord[];
  /** Values of variables; those that were secrets are among {@link ServeCommandLine.secrets}. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables of the environment that must have a value. */
  readonly secrets: readonly string[];
  readonly port: number;
}

/** Where each program listens by itself. */
const usualPorts: Readonly<Record<ServerPresetName, number>> = {
  'llama-server': 8080,
  vllm: 8000,
  sglang: 30_000,
  ollama: 11_434,
};

/** Answers were greedy, and templates had variables; of SGLang and Ollama only requests can say that. */
function vllmArguments({ templateArgs }: MeasuredSetup): readonly string[] {
  return [
    '--override-generation-config',
    JSON.stringify({ temperature: 0 }),
    ...(Object.keys(templateArgs).length === 0 ? [] : ['--default-chat-template-kwargs', JSON.stringify(templateArgs)]),
  ];
}

function ownArguments(setup: MeasuredSetup, chosen: ChosenServer, place: PlaceFile): readonly string[] {
  if (chosen === 'llama-server') return llamaServerArguments(setup, place);
  return chosen === 'vllm' ? vllmArguments(setup) : [];
}

/** The server as it was set, or one of the kind that is asked for with what they have in common. */
function serverSetting(setup: MeasuredSetup, chosen: ChosenServer, place: PlaceFile): ManagedServer {
  const { server } = setup;
  const more = ownArguments(setup, chosen, place);
  if (server !== undefined && (server.preset ?? 'command') === chosen) {
    // What the user set stands behind, where it wins.
    return { ...server, arguments: [...more, ...server.arguments] };
  }
  const { tensorParallel = 1, dtype = 'auto', memoryShare, prefixCaching = false, gpus } = server ?? {};
  const shared = { tensorParallel, dtype, memoryShare, prefixCaching };
  return managedServerSchema.parse({
    preset: chosen,
    arguments: more,
    ...(chosen === 'vllm' || chosen === 'sglang' ? shared : {}),
    ...(gpus !== undefined && { gpus }),
  });
}

/** Name or path that a server which is given no file loads. */
export function servedModel({ servedSource, engine }: MeasuredSetup): string {
  if (engine !== 'openai') return servedSource;
  const name = servedSource.split('#')[1] ?? servedSource;
  return findCatalogueEntry(name)?.hubId ?? name;
}

/** @param isInContainer it listens on every address, and is the container's own program */
export function buildCommand(
  setup: MeasuredSetup,
  chosen: ChosenServer,
  place: PlaceFile,
  isInContainer: boolean,
): ServeCommandLine {
  const own = serverSetting(setup, chosen, place);
  const { program: _, ...withoutProgram } = own;
  const server = isInContainer ? withoutProgram : own;
  const port = server.port ?? (chosen === 'command' ? usualPorts.vllm : usualPorts[chosen]);
  const { argv, environment } = serverCommand({
    server,
    model: setup.folder === undefined ? servedModel(setup) : place('models', setup.folder),
    file: setup.file && place('models', setup.file.path),
    servedName: server.servedName ?? usualServedName(setup.model, server),
    port,
    contextTokens: setup.contextTokens,
    sequences: setup.sequences,
    threads: setup.facts.threads ?? setup.run.suite.threads,
    host: isInContainer ? '0.0.0.0' : undefined,
    isDeployed: true,
  });
  const { CUDA_DEVICE_ORDER: order = '', ...rest } = environment;
  const values = server.gpus === undefined ? rest : { CUDA_DEVICE_ORDER: order, ...rest };
  const names = Object.keys(values);
  return {
    words: commandWords(argv),
    environment: Object.fromEntries(Object.entries(values).filter(([, value]) => !value.includes(removed))),
    secrets: names.filter((name) => values[name]?.includes(removed)),
    port,
  };
}
