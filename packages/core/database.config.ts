export { sharedDatabase as default } from './src/definition.ts';
