import { homedir } from 'node:os';
import { UsageError } from '../../core/errors.ts';
import type { ServerPresetName } from '../../core/managed-server.ts';
import type { RunRecord, Store } from '../../core/store.ts';
import type { Serving, ServingForm } from '../../present/serving.ts';
import { type SourceSettings, sourceSettingsFrom } from '../../sources/source-settings.ts';
import { buildCommand, type ServeCommandLine } from './build-command.ts';
import { type ChosenServer, chooseServer } from './choose-server.ts';
import { type CommandWord, shellLines } from './command-word.ts';
import { dockerText, type GpuKind, gpuKind, placeInContainer } from './container.ts';
import { kubernetesYaml, resourceName } from './kubernetes.ts';
import { type MeasuredSetup, measuredSetup } from './measured-setup.ts';
import { modelfileText, ollamaEnvironment } from './modelfile.ts';
import { beforeNotes, measuredNotes, notMeasuredNotes, requestNotes } from './serving-notes.ts';

export interface ServeOptions {
  /** By default what measured the model: llama-server for GGUF files, else the server itself. */
  readonly server?: ServerPresetName | undefined;
  /** By default a shell command; of Ollama a Modelfile. */
  readonly form?: ServingForm | undefined;
  /** Where models are on this machine; by default perbench's own folders. */
  readonly settings?: SourceSettings | undefined;
  /** Ends the reading of files whose checksum has to be computed. */
  readonly signal?: AbortSignal | undefined;
}

/** No device plugin of Kubernetes is usual for Vulkan; of other GPUs than these no image is known. */
const containerForms: Readonly<Record<GpuKind, readonly ServingForm[]>> = {
  none: ['docker', 'kubernetes'],
  cuda: ['docker', 'kubernetes'],
  vulkan: ['docker'],
  other: [],
};

/** @throws {UsageError} if the program isn't written down in that way */
function formOf(setup: MeasuredSetup, chosen: ChosenServer, wanted: ServingForm | undefined): ServingForm {
  const gpu = gpuKind(setup);
  const possible: readonly ServingForm[] =
    chosen === 'ollama' ? ['modelfile', 'shell'] : ['shell', ...(chosen === 'command' ? [] : containerForms[gpu])];
  const [usual = 'shell'] = possible;
  if (wanted === undefined || possible.includes(wanted)) return wanted ?? usual;
  if (chosen !== 'ollama' && chosen !== 'command' && wanted !== 'modelfile') {
    const devices = (setup.engine === 'llama' ? setup.facts.devices : setup.run.manifest.host.gpus) ?? [];
    throw new UsageError(
      `${setup.model} was measured on ${devices.join(', ')}, whose GPU ${wanted} isn't known to give a container: expected ${possible.join(' or ')}`,
      { hint: 'Serve it without a container, or measure it on an NVIDIA GPU or the CPU.' },
    );
  }
  const name = chosen === 'command' ? 'a command of your own' : chosen;
  throw new UsageError(`${name} can't be written as ${wanted}: expected ${possible.join(' or ')}`, {
    hint: wanted === 'modelfile' ? 'Only Ollama reads Modelfiles: add --serve ollama.' : undefined,
  });
}

function shellCommand(setup: MeasuredSetup, chosen: ChosenServer, line: ServeCommandLine): string {
  const environment = chosen === 'ollama' ? ollamaEnvironment(setup, line) : line.environment;
  const values = Object.entries(environment).map(([name, value]): CommandWord => [
    `${name}=`,
    ...(value === '' ? [] : [value]),
  ]);
  const command = shellLines(line.words);
  return values.length === 0 ? command : `${values.map((word) => shellLines([word])).join(' ')} \\\n${command}`;
}

function commandText(setup: MeasuredSetup, chosen: ChosenServer, line: ServeCommandLine, form: ServingForm): string {
  if (form === 'modelfile') return modelfileText(setup);
  if (form === 'shell' || chosen === 'command' || chosen === 'ollama') return shellCommand(setup, chosen, line);
  const name = resourceName(setup.model);
  return form === 'docker' ? dockerText(setup, chosen, line, name) : kubernetesYaml(setup, chosen, line, name);
}

/**
 * The command that serves a model of a run with the settings that were measured, and what of it was measured.
 *
 * @throws {UsageError} if the run doesn't have the model or doesn't say how it was run, or that server or form can't be
 * @throws {ModelError} if the model's file isn't the one that was measured any more
 */
export async function serveCommand(
  store: Pick<Store, 'cells' | 'samples'>,
  run: RunRecord,
  model: string,
  { server, form: wanted, settings = sourceSettingsFrom({}, homedir()), signal }: ServeOptions = {},
): Promise<Serving> {
  const setup = await measuredSetup(store, run, model, settings, signal);
  const chosen = chooseServer(setup, server ?? (wanted === 'modelfile' ? 'ollama' : undefined));
  const form = formOf(setup, chosen, wanted);
  const isInContainer = form === 'docker' || form === 'kubernetes';
  const line = buildCommand(setup, chosen, isInContainer ? placeInContainer : (_, path) => path, isInContainer);
  return {
    model,
    runId: run.id,
    server: chosen,
    form,
    command: commandText(setup, chosen, line, form),
    before: beforeNotes(setup, chosen, line, form),
    requests: requestNotes(setup, chosen),
    measured: measuredNotes(setup),
    notMeasured: notMeasuredNotes(setup, chosen, form),
  };
}
