import { addGrid } from '/grid.js';
import { clock, place } from '/words.js';

/** So many positions get a mark of their own with its time; more would hide the line. */
const MOST_MARKS = 100;
/** And so many of these show it always. */
const MOST_LABELS = 6;

/**
 * Makes the map: a grid and a scale, and tiles where there are some. What it draws, the tables of the page say in words.
 */
export function openMap(element, { tilesUrl }) {
  const { L } = globalThis;
  const map = L.map(element, { zoomControl: false, zoomSnap: 0.5 }).setView([38.72, -9.14], 11);
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>');
  if (tilesUrl) L.tileLayer(tilesUrl, { maxZoom: 19 }).addTo(map);
  addGrid(map);
  L.control.scale({ maxWidth: 160 }).addTo(map);
  L.control.zoom({ position: 'bottomright' }).addTo(map);
  const areas = L.featureGroup().addTo(map);
  const others = L.featureGroup().addTo(map);
  const track = L.featureGroup().addTo(map);

  function mark(position, { className, radius, text, always }) {
    const options = { className, radius, weight: 2, fillOpacity: 1 };
    return L.circleMarker([position.latitude, position.longitude], options).bindTooltip(text, {
      className: 'mark',
      permanent: always,
      direction: 'right',
      offset: [8, 0],
    });
  }

  return {
    /** Draws the way from the first position to the last, and looks at it. */
    drawTrack(positions) {
      track.clearLayers();
      if (positions.length === 0) return;
      const way = positions.map(({ latitude, longitude }) => [latitude, longitude]);
      L.polyline(way, { className: 'track', weight: 2 }).addTo(track);
      const marked = evenly(positions.slice(1, -1), MOST_MARKS);
      const labelled = new Set(evenly(marked, MOST_LABELS));
      for (const position of marked) {
        const always = labelled.has(position);
        mark(position, { className: 'track-point', radius: 3, text: clock(position.recordedAt), always }).addTo(track);
      }
      const [first, last] = [positions[0], positions.at(-1)];
      mark(first, { className: 'start', radius: 8, text: `Start ${clock(first.recordedAt)}`, always: true }).addTo(
        track,
      );
      mark(last, { className: 'end', radius: 8, text: `End ${clock(last.recordedAt)}`, always: true }).addTo(track);
      map.fitBounds(track.getBounds(), { padding: [32, 32], maxZoom: 17 });
    },

    drawGeofences(geofences) {
      areas.clearLayers();
      for (const geofence of geofences) {
        const look = { className: 'geofence', weight: 1, dashArray: '4 4', fillOpacity: 0.12 };
        areaOf(geofence, look).bindTooltip(document.createTextNode(geofence.name), { className: 'mark' }).addTo(areas);
      }
    },

    /** Where vehicles are of which no track is shown. */
    drawOthers(vehicles) {
      others.clearLayers();
      for (const { name, position } of vehicles) {
        const text = document.createTextNode(`${name}, ${clock(position.recordedAt)}, ${place(position)}`);
        mark(position, { className: 'elsewhere', radius: 6, text, always: false }).addTo(others);
      }
    },
  };

  function areaOf(geofence, look) {
    if (geofence.shape === 'polygon') {
      return L.polygon(
        geofence.corners.map(({ latitude, longitude }) => [latitude, longitude]),
        look,
      );
    }
    const { latitude, longitude } = geofence.center;
    return L.circle([latitude, longitude], { ...look, radius: geofence.radiusM });
  }
}

/** At most `count` of the items, evenly. */
function evenly(items, count) {
  const wanted = Math.min(items.length, count);
  return Array.from({ length: wanted }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / wanted)]);
}
