/** Turns benchmark results into Markdown and an SVG chart. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function geometricMean(values) {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

const ms = (value) =>
  value === undefined ? '' : value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(0)} ms`;
const ratio = (value) => (value === undefined ? '' : `${value.toFixed(2)}`);

/** @returns the table's columns as text, one array a row; the first is the heading */
export function table({ rows }) {
  const against = rows.some((row) => row.qemu !== undefined);
  const native = rows.some((row) => row.native !== undefined);
  const head = [
    'group',
    'row',
    'sojourn',
    'second run',
    ...(against ? ['qemu-user', 'times as fast'] : []),
    ...(native ? ['native'] : []),
    'million insns/s',
  ];
  const used = rows.some((row) => row.second !== undefined);
  const body = rows.map((row) => [
    row.group,
    row.name,
    ms(row.sojourn),
    ms(row.second),
    ...(against ? [ms(row.qemu), ratio(row.speed)] : []),
    ...(native ? [ms(row.native)] : []),
    row.mips === undefined ? '' : row.mips.toFixed(0),
  ]);
  return used ? [head, ...body] : [head, ...body].map((line) => line.filter((_, i) => i !== 3));
}

export function means(rows) {
  const groups = [...new Set(rows.map((row) => row.group))];
  return groups.flatMap((group) => {
    const speeds = rows
      .filter((row) => row.group === group && row.speed !== undefined)
      .map((row) => row.speed);
    return speeds.length === 0 ? [] : [{ group, speed: geometricMean(speeds), rows: speeds.length }];
  });
}

export function plain(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => [...line[i]].length)));
  return lines
    .map((line) =>
      line.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    )
    .join('\n');
}

export function markdown(result) {
  const [head, ...body] = table(result);
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return `# Benchmarks

Written by \`npm run bench -- --all\`; do not edit. Median wall time of ${result.runs} alternating runs, whole process start
to exit. "Times as fast" is qemu-user's time over ours: above 1, sojourn is the faster.

- Machine: ${result.machine}
- sojourn ${result.version}${result.engine ? `, \`--engine ${result.engine}\`` : ''}, Node.js ${result.node} (\`node -e 0\`: ${ms(result.nodeStart)})
- ${result.qemuVersion ?? 'no qemu-user here'}

${line(head)}
${line(head.map((_, i) => (i < 2 ? '---' : '--:')))}
${body.map(line).join('\n')}

Geometric means of "times as fast": ${result.means.map((mean) => `${mean.group} ${ratio(mean.speed)} (${mean.rows} rows)`).join(', ') || 'none'}.

![Speed against qemu-user, by row](benchmarks.svg)
`;
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Horizontal bars on a logarithmic axis from 1/8 to 8, the middle is qemu-user's speed. */
export function chart({ rows, arch }) {
  const shown = rows.filter((row) => row.speed !== undefined);
  const [left, width, step, top] = [200, 480, 18, 44];
  const x = (speed) => left + ((Math.log2(Math.min(8, Math.max(1 / 8, speed))) + 3) / 6) * width;
  const height = top + shown.length * step + 24;
  const colors = { 'start-up': '#8c6bb1', compute: '#2b8cbe', programs: '#41ab5d', syscalls: '#d95f0e' };
  const grid = [1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8]
    .map(
      (v) =>
        `<line x1="${x(v)}" y1="${top - 6}" x2="${x(v)}" y2="${height - 20}" stroke="${v === 1 ? '#444' : '#ccc'}"/>` +
        `<text x="${x(v)}" y="${top - 10}" text-anchor="middle">${v < 1 ? `1/${1 / v}` : v}</text>`,
    )
    .join('\n');
  const bars = shown
    .map((row, i) => {
      const y = top + i * step;
      const [from, to] = [Math.min(x(1), x(row.speed)), Math.max(x(1), x(row.speed))];
      return (
        `<text x="${left - 8}" y="${y + 12}" text-anchor="end">${escape(row.name)}</text>` +
        `<rect x="${from.toFixed(1)}" y="${y + 2}" width="${Math.max(1, to - from).toFixed(1)}" height="${step - 5}" fill="${colors[row.group]}"/>` +
        `<text x="${left + width + 8}" y="${y + 12}">${row.speed.toFixed(2)}</text>`
      );
    })
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + width + 60}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
<text x="8" y="16" font-size="13">${escape(arch)}: times as fast as qemu-user (logarithmic)</text>
${grid}
${bars}
</svg>
`;
}
