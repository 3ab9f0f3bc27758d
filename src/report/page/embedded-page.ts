import { pageSchema, type LoadedPage, type PageData } from '../page-data.ts';

async function unzipped(id: string): Promise<ArrayBuffer> {
  const text = document.getElementById(id)?.textContent.trim() ?? '';
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}

/**
 * The data that a report file carries.
 *
 * @throws {Error} if the file was cut or is of another version
 */
export async function readEmbeddedPage(): Promise<LoadedPage> {
  const [json, numbers] = await Promise.all([unzipped('perbench-data'), unzipped('perbench-numbers')]);
  const data = JSON.parse(new TextDecoder().decode(json)) as PageData;
  // Typed as what this version writes; a file may be older or newer.
  if ((data.schema as string) !== pageSchema)
    throw new Error(`this page reads ${pageSchema}, the file holds ${data.schema}`);
  return { data, numbers: new Float32Array(numbers) };
}
