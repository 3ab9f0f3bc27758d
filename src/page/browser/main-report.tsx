import { render } from 'preact';
import { pageSchema, type LoadedPage, type PageData } from '../page-data.ts';
import { ReportPage } from './report-page.tsx';
import { showHidden } from './show-hidden.ts';
import { startTips } from './tip.tsx';

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
async function readEmbeddedPage(): Promise<LoadedPage> {
  const [json, numbers] = await Promise.all([unzipped('perbench-data'), unzipped('perbench-numbers')]);
  const data = JSON.parse(new TextDecoder().decode(json)) as PageData;
  // Typed as what this version writes; a file may be older or newer.
  if ((data.schema as string) !== pageSchema)
    throw new Error(`the file has the format ${data.schema}, this page reads ${pageSchema}`);
  return { data, numbers: new Float32Array(numbers) };
}

async function start(): Promise<void> {
  const host = document.getElementById('app');
  if (host === null) return;
  try {
    const page = await readEmbeddedPage();
    // Rendering over what is there already would leave both.
    host.replaceChildren();
    document.documentElement.classList.add('js');
    render(<ReportPage page={page} />, host);
  } catch (error) {
    // What was written into the file stays readable.
    const notice = document.createElement('p');
    notice.className = 'note';
    notice.textContent = `The interactive part does not work here: ${error instanceof Error ? error.message : String(error)}`;
    host.prepend(notice);
  }
}

showHidden();
startTips();
void start();
