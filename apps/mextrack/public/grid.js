/** Lines of latitude and longitude with their degrees, so that a map without tiles can be read. */

const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001];
const LEAST_LINES = 3;

/** The widest step that still puts three lines into a span of so many degrees. */
export function stepFor(degrees) {
  return STEPS.find((step) => degrees / step >= LEAST_LINES) ?? STEPS.at(-1);
}

/** The multiples of `step` from one degree to another. */
export function linesBetween(from, to, step) {
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, index) => Number(((first + index) * step).toFixed(4)));
}

/** `38.72° N`, with as many digits as the step needs. */
export function degrees(value, [positive, negative], step) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return `${Math.abs(value).toFixed(digits)}° ${value < 0 ? negative : positive}`;
}

/** Keeps a grid on `map`, anew after every move. */
export function addGrid(map) {
  const { L } = globalThis;
  const layer = L.layerGroup().addTo(map);
  const line = (points) =>
    L.polyline(points, { className: 'grid', weight: 1, opacity: 0.5, interactive: false }).addTo(layer);
  const label = (place, text, anchor) => {
    const icon = L.divIcon({ className: 'grid-label', html: text, iconSize: null, ...anchor });
    L.marker(place, { icon, interactive: false, keyboard: false }).addTo(layer);
  };

  function draw() {
    layer.clearLayers();
    const bounds = map.getBounds();
    const [south, north] = [Math.max(-85, bounds.getSouth()), Math.min(85, bounds.getNorth())];
    const [west, east] = [Math.max(-180, bounds.getWest()), Math.min(180, bounds.getEast())];
    const step = stepFor(Math.min(north - south, east - west));
    for (const latitude of linesBetween(south, north, step)) {
      line([
        [latitude, west],
        [latitude, east],
      ]);
      label([latitude, west], degrees(latitude, 'NS', step), { iconAnchor: [-4, 18] });
    }
    for (const longitude of linesBetween(west, east, step)) {
      line([
        [south, longitude],
        [north, longitude],
      ]);
      label([north, longitude], degrees(longitude, 'EW', step), { iconAnchor: [-4, -4] });
    }
  }

  map.on('moveend zoomend resize', draw);
  map.whenReady(draw);
}
