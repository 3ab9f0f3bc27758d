import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

let loaded: Promise<Uint8Array> | undefined;

/** The bytes of the font in which figures are set, read once. */
export async function loadChartFont(): Promise<Uint8Array> {
  loaded ??= readFile(fileURLToPath(import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')));
  return loaded;
}
