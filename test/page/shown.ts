import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';

const entities: Readonly<Record<string, string>> = { '&quot;': '"', '&amp;': '&', '&lt;': '<', '&gt;': '>' };

/** A component as HTML, without a browser. */
export function html(component: VNode): string {
  return renderToString(component);
}

/** What a component shows, as lines of text: cells of a table are joined by bars, other parts by spaces. */
export function shown(component: VNode): readonly string[] {
  return renderToString(component)
    .replaceAll(/<style[\s\S]*?<\/style>|<svg[\s\S]*?<\/svg>/gu, '')
    .replaceAll('</button></th>', '</th>')
    .replaceAll(/<wbr\/?>/gu, '')
    .replaceAll(/<\/(?:th|td)>(?=<t[hd])/gu, ' | ')
    .replaceAll(/<\/(?:tr|p|h\d|li|summary|label|option|div|dd|section|header|details|legend|caption|pre)>/gu, '\n')
    .replaceAll(/<\/button>|<br\/?>/gu, '\n')
    .replaceAll(/<[^>"]*(?:"[^"]*"[^>"]*)*>/gu, ' ')
    .replaceAll(/&(?:quot|amp|lt|gt);/gu, (entity) => entities[entity] ?? entity)
    .split('\n')
    .map((line) => line.replaceAll(/\s+/gu, ' ').trim())
    .filter((line) => line !== '');
}

/** The rows of the tables that a component shows. */
export function shownRows(component: VNode): readonly (readonly string[])[] {
  return shown(component)
    .filter((line) => /(?:^|\s)\| /u.test(line))
    .map((line) => line.split(/(?:^| )\| /u).map((cell) => cell.trim()));
}
