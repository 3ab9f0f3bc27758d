import type * as z from 'zod';

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  boolean: 'true or false',
};

const sizeUnits: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/** What a schema expects where a value doesn't fit, for "expected …"; of a union, what each of its forms expects. */
export function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? issue.expected;
    case 'too_small':
      if (issue.origin === 'string') return 'non-empty text';
      return `${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}${sizeUnits[issue.origin] ?? ''}`;
    case 'too_big':
      return `${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${sizeUnits[issue.origin] ?? ''}`;
    case 'invalid_value':
      return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_union': {
      const forms = issue.errors.flatMap(([first]) => (first === undefined ? [] : [expectedBy(first)]));
      return forms.length === 0 ? 'another value' : [...new Set(forms)].join(' or ');
    }
    default:
      return issue.message;
  }
}

/** What is wrong with a value, as a sentence without its place; a union's own message says nothing. */
export function issueText(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'does not fit';
  if (issue.code === 'invalid_union' && issue.message === 'Invalid input') return `expected ${expectedBy(issue)}`;
  return issue.message.replace(/^(?:Invalid (?:input|option)|Too (?:small|big)): /u, '');
}
