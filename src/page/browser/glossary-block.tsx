import type { VNode } from 'preact';
import { glossary } from '../../present/glossary.ts';
import { Block } from './block.tsx';
import { Facts } from './page-parts.tsx';

/** The terms of the page, closed until someone looks one up. */
export function GlossaryBlock(): VNode {
  return (
    <Block id="glossary" title="Glossary">
      {glossary.map(({ title, entries }) => (
        <details key={title}>
          <summary>{title}</summary>
          <Facts facts={entries.map(({ term, meaning }) => [term, meaning])} />
        </details>
      ))}
    </Block>
  );
}
