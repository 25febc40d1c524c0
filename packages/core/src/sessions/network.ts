import { isIPv6 } from 'node:net';

/**
 * What of an address is counted: an IPv4 address itself, of IPv6 the /64 network, which one household has to itself. An
 * IPv4 address written as IPv6 is the former. Whatever is no IP address stands for itself.
 */
export function networkOf(address: string): string {
  const plain = address.split('%', 1)[0]!;
  if (!isIPv6(plain)) return plain;
  // The parser of URLs writes every spelling of an address in the same way, without dots.
  const { hostname } = new URL(`http://[${plain}]`);
  const [head = '', tail] = hostname.slice(1, -1).split('::');
  const groups = groupsOf(head);
  if (tail !== undefined) {
    const last = groupsOf(tail);
    groups.push(...Array<number>(8 - groups.length - last.length).fill(0), ...last);
  }
  const [a, b, c, d, e, f, g = 0, h = 0] = groups;
  const isIPv4 = [a, b, c, d, e].every((group) => group === 0) && f === 0xffff;
  if (isIPv4) return [g >> 8, g & 255, h >> 8, h & 255].join('.');
  return `${groups.slice(0, 4).map(toHex).join(':')}::/64`;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function toHex(group: number): string {
  return group.toString(16);
}
