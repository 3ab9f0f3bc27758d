import { openStore } from '../src/store/open-store.ts';
import { newCell, newRun } from '../test/conformance/store-records.ts';
import { startPostgres } from '../test/setup/postgres.ts';
await using server = await startPostgres();
const address = await server.newDatabase();
{
await using store = await openStore({ address });
await store.createRun(newRun('r'), Array.from({ length: 10000 }, (_, i) => ({ ...newCell(`r.${i}`, i), model: `model-${Math.floor(i / 5)}` })));
for (let i = 0; i < 6; i += 1) { const s = performance.now(); await store.claimModel('r', 'w', 30000); console.log('claim', (performance.now() - s).toFixed(0)); }
for (let i = 0; i < 3; i += 1) { const s = performance.now(); await store.openWork('r', 30000); console.log('openWork', (performance.now() - s).toFixed(0)); }
await server.query('analyze', 'test_1');
for (let i = 0; i < 6; i += 1) { const s = performance.now(); await store.claimModel('r', 'w', 30000); console.log('claim after analyze', (performance.now() - s).toFixed(0)); }
for (let i = 0; i < 3; i += 1) { const s = performance.now(); await store.openWork('r', 30000); console.log('openWork', (performance.now() - s).toFixed(0)); }
}
