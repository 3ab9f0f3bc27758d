import { testEngine } from '../../../test/conformance/engine.ts';
import { openSmall } from '../../../test/setup/open-small.ts';

// One thread: two of the library's threads beside another busy process are several times slower than one.
testEngine('llama', () => openSmall('smollm2-135m-instruct', { threads: 1 }), { tolerance: 0.6 });
