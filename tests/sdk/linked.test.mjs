// The till's whole story once more, told to a Fleet whose readers are those of SumUp's cloud: another Fleet stands in for it.

process.env.FLEET_SDK_LINKED = '1';
await import('./story.test.mjs');
