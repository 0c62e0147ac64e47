// Draws the charts of the first page with uPlot, in the place of those that the server drew.
(() => {
  'use strict';
  const figures = document.getElementById('figures');
  if (!figures || !window.uPlot) {
    return;
  }
  const charts = [...figures.querySelectorAll('.chart')].map((figure) => ({ figure, place: figure.querySelector('.plot'), columns: figure.dataset.lines.split(' ') }));
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const at = (seconds) => new Date(seconds * 1000).toISOString();
  const isLong = figures.dataset.range === '28d';
  const dashes = [[], [6, 4], [2, 3], [1, 5]];
  const say = (unit, value) => {
    if (value === null || value === undefined) {
      return '–';
    }
    const text = value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', '\u202f') : String(Math.round(value * 10) / 10);
    return unit === 'ms' && value >= 1000 ? `${Math.round(value / 100) / 10} s` : unit === 'ms' ? `${text} ms` : `${text}${unit}`;
  };

  // A step between two gaps makes no line: it is a dot.
  const lonely = (plot, series) => plot.data[series].reduce((found, value, i, all) => {
    if (value !== null && (all[i - 1] ?? null) === null && (all[i + 1] ?? null) === null) {
      found.push(i);
    }
    return found;
  }, []);

  const draw = (chart, data) => {
    const { figure, place, columns } = chart;
    const times = data.completedPerSecond.map((_, i) => Date.parse(data.from) / 1000 + i * data.stepSeconds);
    const values = [times, ...columns.map((column) => data[column])];
    if (chart.plot) {
      chart.plot.setData(values);
      return;
    }
    const names = [...figure.querySelectorAll('.key')].map((key) => key.textContent.trim());
    const label = place.querySelector('svg').getAttribute('aria-label');
    const unit = figure.dataset.unit;
    const top = figure.querySelector('.top');
    const axis = { stroke: () => color('--soft'), grid: { stroke: () => color('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui, sans-serif' };
    const options = {
      width: place.clientWidth, height: 150, legend: { show: false }, cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      tzDate: (ts) => uPlot.tzDate(new Date(ts * 1e3), 'Etc/UTC'),
      axes: [
        { ...axis, size: 28, values: (_, ticks) => ticks.map((tick) => at(tick).slice(...isLong ? [5, 10] : [11, 16])) },
        { ...axis, size: 62, values: (_, ticks) => ticks.map((tick) => say(unit, tick)) },
      ],
      scales: { y: { range: (_, low, high) => [0, Math.max(high || 0, 1) * 1.05] } },
      series: [{}, ...columns.map((_, i) => ({ label: names[i], stroke: () => color(`--line-${i}`), width: 2, dash: dashes[i], points: { show: true, size: 5, filter: lonely, fill: () => color(`--line-${i}`) }, spanGaps: false }))],
      hooks: {
        setCursor: [(plot) => {
          const index = plot.cursor.idx;
          top.textContent = index === null || index === undefined ? '' : `${at(plot.data[0][index]).slice(...isLong ? [5, 16] : [11, 19]).replace('T', ' ')}: ${names.map((name, i) => `${name} ${say(unit, plot.data[i + 1][index])}`).join(', ')}`;
        }],
      },
    };
    place.textContent = '';
    place.setAttribute('role', 'img');
    place.setAttribute('aria-label', label);
    figure.classList.add('drawn');
    top.textContent = '';
    chart.plot = new uPlot(options, values, place);
  };

  let isFetching = false;
  const load = async () => {
    if (isFetching) {
      return;
    }
    isFetching = true;
    try {
      const response = await fetch(`${figures.dataset.root}/api/fleet/figures?range=${figures.dataset.range}`, { cache: 'no-store' });
      if (response.ok) {
        const data = await response.json();
        charts.forEach((chart) => draw(chart, data));
      }
    } catch {
      // What is drawn stays; the mark at the top says how old it is.
    }
    isFetching = false;
  };

  let stamp;
  document.addEventListener('fleet', (event) => {
    if (stamp !== event.detail.charts) {
      stamp = event.detail.charts;
      load();
    }
  });
  new ResizeObserver(() => charts.forEach(({ plot, place }) => plot && plot.setSize({ width: place.clientWidth, height: 150 }))).observe(figures);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach(({ plot }) => plot && plot.redraw()));
  load();
})();
