import type { ComponentChildren, VNode } from 'preact';
import { meaningOf } from '../../present/glossary.ts';

/** What an element says when someone points at it, or reaches it by keyboard or touch; nothing without a text. */
export function tip(text: string | undefined): { readonly 'aria-description'?: string } {
  return text === undefined ? {} : { 'aria-description': text };
}

/** A term of the glossary in a text, with its meaning at hand. */
export function Term({
  name,
  children = name,
}: {
  readonly name: string;
  readonly children?: ComponentChildren;
}): VNode {
  return (
    <span class="term" tabIndex={0} {...tip(meaningOf(name))}>
      {children}
    </span>
  );
}

const margin = 8;

/** What there is to say at an element: its own words, or those of the note that it leads to. */
function saidAt(target: EventTarget | null): { readonly owner: Element; readonly text: string } | undefined {
  const owner = target instanceof Element ? target.closest('[aria-description], .refs a') : null;
  if (owner === null) return undefined;
  const note = document.getElementById(owner.getAttribute('href')?.slice(1) ?? '');
  const text = owner.getAttribute('aria-description') ?? note?.querySelector('p')?.textContent;
  return text === undefined ? undefined : { owner, text };
}

function place(bubble: HTMLElement, target: Element): void {
  const at = target.getBoundingClientRect();
  const { width, height } = bubble.getBoundingClientRect();
  const left = Math.max(margin, Math.min(at.left, innerWidth - width - margin));
  const below = at.bottom + margin / 2;
  const top = below + height > innerHeight ? at.top - height - margin / 2 : below;
  bubble.style.left = `${left}px`;
  bubble.style.top = `${Math.max(margin, top)}px`;
}

/** Shows the tips of a page, one at a time; Escape and scrolling put it away. */
export function startTips(): void {
  const bubble = document.createElement('div');
  bubble.className = 'tip';
  bubble.hidden = true;
  // Screen readers are told by `aria-description`.
  bubble.setAttribute('aria-hidden', 'true');
  document.body.append(bubble);
  const hide = (): void => {
    bubble.hidden = true;
  };
  const show = ({ target }: Event): void => {
    const said = saidAt(target);
    if (said === undefined) return hide();
    bubble.textContent = said.text;
    bubble.hidden = false;
    return place(bubble, said.owner);
  };
  document.addEventListener('pointerover', show);
  document.addEventListener('focusin', show);
  document.addEventListener('focusout', hide);
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') hide();
  });
}
