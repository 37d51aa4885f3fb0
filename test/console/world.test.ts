import { geoArea, geoCentroid, geoDistance } from 'd3-geo';
import fc from 'fast-check';
import type { Polygon } from 'geojson';
import codes from 'i18n-iso-countries/codes.json' with { type: 'json' };
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { describe, expect, test } from 'vitest';
import atlas from 'world-atlas/countries-50m.json' with { type: 'json' };
import { findTwoLetters, formatCountry } from '../../console/format.ts';
import smallCountries from '../../console/map/small-countries.json' with { type: 'json' };
import { findPlace, layOutWorld } from '../../console/map/world.ts';
import { runs } from '../records/runs.ts';

/** Where countries stand on the console's map. */

const letters = codes.map(([two = '']) => two);

describe('the map', () => {
  test('knows a place for every country, by either of its codes, and for nothing else', () => {
    expect(letters.filter((two) => findPlace(two) === undefined)).toEqual([]);
    for (const [two = '', three = ''] of codes) expect(findTwoLetters(three)).toBe(two);
    expect(['', 'unknown', 'ZZ'].map((text) => findPlace(findTwoLetters(text)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(formatCountry('unknown')).toBe('unknown');
  });

  test('places small countries where a finer atlas does', () => {
    const topology = atlas as unknown as Topology<{ countries: GeometryCollection }>;
    const numbers = new Map(codes.map(([two = '', , number = '']) => [number, two]));
    const shapes = new Map(
      feature(topology, topology.objects.countries).features.map((shape) => [
        numbers.get(String(shape.id)),
        shape.geometry,
      ]),
    );
    const far = Object.entries(smallCountries).filter(([two, [longitude = 0, latitude = 0]]) => {
      const geometry = shapes.get(two);
      if (geometry === undefined) return false;
      const parts =
        geometry.type === 'MultiPolygon' ? geometry.coordinates : [(geometry as Polygon).coordinates];
      const [largest] = parts
        .map((coordinates): Polygon => ({ type: 'Polygon', coordinates }))
        .sort((a, b) => geoArea(b) - geoArea(a));
      return largest === undefined || geoDistance([longitude, latitude], geoCentroid(largest)) > 0.01;
    });
    expect(far).toEqual([]);
  });

  test('shows every requested country within its frame, alone or with any others', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...letters), { maxLength: 12 }),
        fc.integer({ min: 250, max: 2_000 }),
        fc.constantFrom('countries' as const, 'world' as const),
        (countries, width, part) => {
          const height = Math.round(width / 2);
          const { points, shapes, land } = layOutWorld({ countries, width, height, part });
          expect([...points.keys()].sort()).toEqual([...countries].sort());
          for (const [x, y] of points.values()) {
            expect(x).toBeGreaterThanOrEqual(0);
            expect(x).toBeLessThanOrEqual(width);
            expect(y).toBeGreaterThanOrEqual(0);
            expect(y).toBeLessThanOrEqual(height);
          }
          expect([land, ...shapes.values()].join('')).not.toContain('NaN');
        },
      ),
      runs(20),
    );
  });
});
