import type { VNode } from 'preact';
import type { PageTable } from '../page-table.ts';
import { Block } from './block.tsx';
import { TableOfTexts } from './tables.tsx';

/** What servers told of themselves on one task: their times beside the client's, or their load. */
export function ServerBlock({ server, id }: { readonly server: PageTable; readonly id: string }): VNode {
  const { title, table, notes } = server;
  return (
    <Block id={id} title={title} table={() => table}>
      <TableOfTexts table={table} />
      {notes.map((note) => (
        <p class="subtitle" key={note}>
          {note}
        </p>
      ))}
    </Block>
  );
}
