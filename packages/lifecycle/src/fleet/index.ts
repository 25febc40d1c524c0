/** The databases of one schema, one per tenant or shard: which there are, and how something is done to all of them. */
export { planConcurrency, readRoom } from './concurrency.ts';
export { readInstances, type ReadInstancesOptions } from './instance-source.ts';
export { openInstance } from './instance-target.ts';
export { runOverInstances, type InstanceOutcome, type InstanceRunOptions } from './run.ts';
export { selectInstances } from './selection.ts';
