import type { ComponentChildren, VNode } from 'preact';

export interface PlainTableProps {
  readonly caption: string;
  readonly headings: readonly { readonly text: string; readonly align?: 'left' | 'right'; readonly help?: string }[];
  readonly children: ComponentChildren;
  readonly foot?: ComponentChildren;
}

/** A table in its own order, with a frame that scrolls where the page is narrow. */
export function PlainTable({ caption, headings, children, foot }: PlainTableProps): VNode {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table>
        <caption class="off-screen">{caption}</caption>
        <thead>
          <tr>
            {headings.map(({ text, align = 'left', help }) => (
              <th key={text} scope="col" class={align} title={help}>
                {text}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
        {foot === undefined ? null : <tfoot>{foot}</tfoot>}
      </table>
    </div>
  );
}
