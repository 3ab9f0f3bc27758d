import { expect, it } from 'vitest';
import { createOutput, type Output, type TextSink } from './output.ts';

function outputOf(isTTY: boolean): { readonly output: Output; readonly written: string[] } {
  const written: string[] = [];
  const sink: TextSink = { isTTY, on: () => undefined, write: (text: string) => written.push(text) };
  const options = { isJson: false, isQuiet: false, verbosity: 0, hasColor: false };
  return { output: createOutput({ ...options, stdout: sink, stderr: sink }), written };
}

it.each([
  ['results', (output: Output, text: string) => output.result(text)],
  ['notes', (output: Output, text: string) => output.note(text)],
  ['what is written to stderr', (output: Output, text: string) => output.stderr.write(`${text}\n`)],
] as const)('gives a build server no command in %s', (_, print) => {
  const { output, written } = outputOf(false);
  print(output, '::error::pwned\n ##[error]x');
  expect(written).toEqual([': :error::pwned\n # #[error]x\n']);
});

it('gives it those that are meant, and data as they are', () => {
  const { output, written } = outputOf(false);
  output.command('::notice::3 of 3\n');
  output.raw('::error::,1\n');
  expect(written).toEqual(['::notice::3 of 3\n', '::error::,1\n']);
});

it('leaves a terminal, where no build server reads, what it says', () => {
  const { output, written } = outputOf(true);
  output.result('::a');
  expect(written).toEqual(['::a\n']);
});

it('prints no control characters that slipped through, and our colours', () => {
  const { output, written } = outputOf(true);
  output.result('\u001B[1mbold\u001B[22m x\u200B\u202E\u001B[2Jy');
  expect(written).toEqual(['\u001B[1mbold\u001B[22m xy\n']);
});
