export { AtrizError, ERROR_CODES, type AtrizErrorDetails, type ErrorCode } from './errors.ts';
