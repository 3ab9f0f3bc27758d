import { expect, it } from 'vitest';
import { EnvironmentError } from '../../core/errors.ts';
import { checkMemory } from './llama-engine.ts';

const mebibyte = 1024 * 1024;

it('refuses with both numbers', () => {
  expect(() => checkMemory('big', 8000 * mebibyte, 4000 * mebibyte)).toThrow(EnvironmentError);
  expect(() => checkMemory('big', 8000 * mebibyte, 4000 * mebibyte)).toThrow(
    'big needs at least 8096 MiB of memory, 4000 MiB are available',
  );
  expect(() => checkMemory('small', mebibyte, 4000 * mebibyte)).not.toThrow();
});
