import { expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { openBrowser } from './view.ts';

it('says where no program is known that opens a browser', () => {
  const notes: string[] = [];
  const output = { note: (text: string) => notes.push(text) } as unknown as CliContext['output'];
  openBrowser('http://127.0.0.1:1', { output }, 'win32');
  expect(notes).toEqual(['could not open a browser; open the address above']);
});
