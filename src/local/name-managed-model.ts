import { isFileServer, type ManagedServer } from '../core/managed-server.ts';
import type { Suite } from '../core/suite.ts';
import { findCatalogueEntry } from '../sources/catalogue.ts';
import { parseModelRequest } from '../sources/model-request.ts';
import type { NamedModel } from './prepare-models.ts';

/**
 * A model with a server of its own. A server that is given a file gets the one that perbench fetches; others fetch
 * what they serve, by the name of the original repository where the catalogue knows it.
 *
 * @throws {UsageError | UnknownNameError} for a source that can't be read
 */
export function nameManagedModel(
  entry: Exclude<Suite['models'][number], string>,
  server: ManagedServer,
  workingFolder: string,
): NamedModel {
  const { source, style, engineOptions, name } = entry;
  const common = { engine: 'managed', engineOptions: { ...engineOptions, server } };
  if (isFileServer(server)) {
    const request = parseModelRequest(source, workingFolder);
    const known = request.entry?.promptStyle;
    return {
      ...common,
      name: name ?? request.name,
      source,
      style: style === 'auto' ? (known ?? style) : style,
      request,
    };
  }
  const known = findCatalogueEntry(source);
  const isHubServer = server.preset === 'vllm' || server.preset === 'sglang';
  return {
    ...common,
    name: name ?? known?.name ?? source.split('/').at(-1) ?? source,
    source: isHubServer ? (known?.hubId ?? source) : source,
    style: style === 'auto' ? (known?.promptStyle ?? style) : style,
    request: undefined,
  };
}
