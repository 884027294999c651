import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { objectStoreContract } from './object-store.contract.ts';

objectStoreContract('the memory of the tests', async () => ({
  store: new MemoryObjectStore(),
  close: async () => undefined,
}));
