import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REPOSITORY } from './harness/command.ts';

const read = (path: string): Promise<string> => readFile(join(REPOSITORY, path), 'utf8');

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The table of README: for each row the anchor of its footnotes, and what each column says. */
async function readTable(): Promise<{
  tools: string[];
  rows: { title: string; anchor: string; verdicts: string[] }[];
}> {
  const [headings, , ...lines] = (await read('README.md')).split('\n').filter((line) => line.includes('|'));
  const table = [headings!, ...lines];
  const start = table.findIndex((line) => line.includes('node-pg-migrate') && line.includes('Rails'));
  const rows = table.slice(start + 1).filter((line) => line.includes('docs/comparison.md#'));
  return {
    tools: cellsOf(table[start]!).slice(1),
    rows: rows.map((line) => {
      const [first, ...verdicts] = cellsOf(line);
      const [, title = '', anchor = ''] = /^(.*) \[\d+\]\(docs\/comparison\.md#(.*)\)$/.exec(first!) ?? [];
      return { title, anchor, verdicts };
    }),
  };
}

test('every cell of the comparison has a footnote that says the same, and names its source', async () => {
  const { tools, rows } = await readTable();
  const page = await read('docs/comparison.md');
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((text) => [text.split('\n')[0]!.toLowerCase().replaceAll(' ', '-'), text]),
  );
  expect(tools).toHaveLength(6);
  expect(rows.length).toBeGreaterThanOrEqual(16);
  expect([...sections.keys()]).toEqual(rows.map(({ anchor }) => anchor));
  for (const { title, anchor, verdicts } of rows) {
    const footnotes = Array.from(
      sections.get(anchor)!.matchAll(/^- \*\*(.+?)\*\*: (\w+): ([^]*?)(?=^- |\n*$(?![^]))/gm),
    );
    expect({ title, footnotes: footnotes.map(([, tool, verdict]) => [tool, verdict]) }).toEqual({
      title,
      footnotes: tools.map((tool, index) => [tool, verdicts[index]]),
    });
    for (const [, tool, , text] of footnotes)
      expect({ title, tool, text }).toMatchObject({ text: expect.stringMatching(/\]\([^)]+\)/) as string });
  }
});
