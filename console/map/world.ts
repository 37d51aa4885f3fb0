import { geoArea, geoCentroid, geoNaturalEarth1, geoPath } from 'd3-geo';
import type { Feature, Geometry, MultiPoint, Polygon } from 'geojson';
import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import atlas from 'world-atlas/countries-110m.json' with { type: 'json' };
import smallCountries from './small-countries.json' with { type: 'json' };

/**
 * The shapes of countries and their places on a map. The shapes are large, so this file is loaded only with a map. They
 * come from Natural Earth through world-atlas. Countries that are too small to have a shape there are points.
 */

/** A place on the map, in CSS pixels. */
export type Point = readonly [x: number, y: number];

/** A map of the world or of a part of it. */
export interface WorldLayout {
  /** SVG path of the countries without data. */
  readonly land: string;
  /** SVG paths of the countries with data, by two-letter code; small countries have none. */
  readonly shapes: ReadonlyMap<string, string>;
  /** The place of each requested country. Unknown countries are left out. */
  readonly points: ReadonlyMap<string, Point>;
}

/** What to draw, and how large. */
export interface WorldView {
  /** Two-letter codes. */
  readonly countries: readonly string[];
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether to show only the part of the world with the countries, or all of it. */
  readonly part: 'countries' | 'world';
}

/** Maximum zoom, relative to a map of the whole world. */
const maxZoom = 6;
/** Margins in CSS pixels: around the world, and around places with circles. */
const edge = { world: 4, places: 60 } as const;

/** Lays out a map. */
export function layOutWorld({ countries, width, height, part }: WorldView): WorldLayout {
  const places = countries.flatMap((country) => {
    const place = findPlace(country);
    return place === undefined ? [] : [[country, place] as const];
  });
  const projection = geoNaturalEarth1().fitExtent(makeExtent(width, height, edge.world), { type: 'Sphere' });
  if (part === 'countries' && places.length > 0) {
    const worldScale = projection.scale();
    const points: MultiPoint = { type: 'MultiPoint', coordinates: places.map(([, place]) => [...place]) };
    const room = Math.min(edge.places, width / 6, height / 6);
    const wanted = geoNaturalEarth1()
      .fitExtent(makeExtent(width, height, room), points)
      .scale();
    const scale = Math.max(worldScale, Math.min(wanted, worldScale * maxZoom));
    projection.scale(scale).translate([0, 0]);
    const [[left, top], [right, bottom]] = geoPath(projection).bounds(points);
    projection.translate([width / 2 - (left + right) / 2, height / 2 - (top + bottom) / 2]);
  }
  projection.clipExtent([
    [0, 0],
    [width, height],
  ]);
  const path = geoPath(projection).digits(1);
  const shown = new Set(countries);
  const others = [...shapes, ...unnamedShapes].filter(([country]) => !shown.has(country));
  return {
    land: others.map(([, shape]) => path(shape) ?? '').join(''),
    shapes: new Map(
      countries.flatMap((country) => {
        const shape = shapes.get(country);
        return shape === undefined ? [] : [[country, path(shape) ?? ''] as const];
      }),
    ),
    points: new Map(
      places.flatMap(([country, place]) => {
        const at = projection([...place]);
        return at === null ? [] : [[country, at] as const];
      }),
    ),
  };
}

function makeExtent(width: number, height: number, room: number): [[number, number], [number, number]] {
  return [
    [room, room],
    [Math.max(room + 1, width - room), Math.max(room + 1, height - room)],
  ];
}

type Shape = Feature<Geometry, { readonly name: string }>;

const topology = atlas as unknown as Topology<{ countries: GeometryCollection<{ name: string }> }>;
const twoByNumber = new Map(codes.map(([two = '', , number = '']) => [number, two]));
const all: readonly Shape[] = feature(topology, topology.objects.countries).features;

/** The two-letter code of a shape. Kosovo has no ISO 3166-1 number; `XK` is its common code. */
function readLetters({ id, properties }: Shape): string | undefined {
  return properties.name === 'Kosovo' ? 'XK' : twoByNumber.get(String(id));
}

const shapes: ReadonlyMap<string, Shape> = new Map(
  all.flatMap((shape) => {
    const letters = readLetters(shape);
    return letters === undefined ? [] : [[letters, shape] as const];
  }),
);

/** Land without a country code, such as Somaliland. */
const unnamedShapes = all
  .filter((shape) => readLetters(shape) === undefined)
  .map((shape) => ['', shape] as const);

const smallPlaces: Readonly<Record<string, readonly number[]>> = smallCountries;

/** Longitude and latitude of a country: the centre of its largest part; undefined for an unknown code. */
export function findPlace(country: string): Point | undefined {
  const [longitude, latitude] = smallPlaces[country] ?? [];
  if (longitude !== undefined && latitude !== undefined) return [longitude, latitude];
  const geometry = shapes.get(country)?.geometry;
  const largest = geometry && findLargest(geometry);
  return largest && geoCentroid(largest);
}

/** The largest part of a country. With its overseas parts, the centre of France would be in the Atlantic. */
function findLargest(geometry: Geometry): Polygon | undefined {
  if (geometry.type === 'Polygon') return geometry;
  if (geometry.type !== 'MultiPolygon') return undefined;
  const parts = geometry.coordinates.map((coordinates): Polygon => ({ type: 'Polygon', coordinates }));
  return parts.toSorted((a, b) => geoArea(b) - geoArea(a))[0];
}
