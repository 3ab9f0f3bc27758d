import { type ComponentChildren, Fragment, options, type VNode } from 'preact';
import { visibleText } from '../../present/sanitise.ts';

/** What a control hands back must stay as it is: a model is found again by its name. */
const asItIs = new Set(['value', 'href']);

function shown(children: ComponentChildren): ComponentChildren {
  if (typeof children === 'string') return visibleText(children);
  return Array.isArray(children) ? children.map(shown) : children;
}

/**
 * Makes every element of this program show foreign text in which something hides, as text and in attributes: one place
 * that no component can forget. Charts and tables for copying have their own way, the same as in files.
 */
export function showHidden(): void {
  const before = options.vnode?.bind(options);
  options.vnode = (vnode: VNode<Record<string, unknown>>) => {
    if (typeof vnode.type === 'string' || vnode.type === Fragment) {
      for (const [name, value] of Object.entries(vnode.props)) {
        if (name === 'children') vnode.props[name] = shown(value as ComponentChildren);
        else if (typeof value === 'string' && !asItIs.has(name)) vnode.props[name] = visibleText(value);
      }
    }
    before?.(vnode);
  };
}
