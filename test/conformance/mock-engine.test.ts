import { createMockEngine } from '../../src/engines/mock/mock-engine.ts';
import { modelSpec } from '../setup/model-spec.ts';
import { testEngine } from './engine.ts';

const model = modelSpec({ name: 'mock', engine: 'mock', promptStyle: 'auto' });

testEngine('mock', () => createMockEngine().open(model, {}, new AbortController().signal), {
  skips: {
    knowledge: 'its answers mean nothing',
    'prefix reuse': 'it decodes nothing that could be reused',
    processes: 'it runs in the process that opened it',
  },
});
