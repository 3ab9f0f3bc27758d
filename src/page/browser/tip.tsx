import type { ComponentChildren, VNode } from 'preact';
import { meaningOf } from '../../present/glossary.ts';

/** What an element says when someone points at it, or reaches it by keyboard or touch; nothing without a text. */
export function tip(text: string | undefined): { readonly 'data-tip'?: string; readonly 'aria-description'?: string } {
  return text === undefined ? {} : { 'data-tip': text, 'aria-description': text };
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
    const owner = target instanceof Element ? target.closest('[data-tip]') : null;
    if (owner === null) return hide();
    bubble.textContent = owner.getAttribute('data-tip');
    bubble.hidden = false;
    return place(bubble, owner);
  };
  document.addEventListener('pointerover', show);
  document.addEventListener('focusin', show);
  document.addEventListener('focusout', hide);
  document.addEventListener('scroll', hide, { capture: true, passive: true });
  document.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') hide();
  });
}
