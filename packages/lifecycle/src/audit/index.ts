export { formatLink, parseLink, type Link } from './chain.ts';
export { verifyAudit, type AuditReport, type VerifyAuditOptions } from './verify.ts';
