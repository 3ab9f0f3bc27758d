import { pullModel } from '../../src/sources/pull-model.ts';
import { testSettings } from './test-settings.ts';

/** Pulls one model in a process of its own, which a test may kill: `node pull-child.ts <cache> <endpoint> <source>`. */
const [folder = '', hubEndpoint = '', source = ''] = process.argv.slice(2);
const pulled = await pullModel(source, { ...testSettings(folder), hubEndpoint });
process.stdout.write(`${JSON.stringify(pulled)}\n`);
