export { readServerFile, serverFilePath, STATE_DIRECTORY, type ServerFile } from './server-file.ts';
