import fc from 'fast-check';
import { seed } from './property/trials.ts';

// Each ordinary run tries the same values, so that it fails only for what has changed; `PROPERTY_SEED` chooses others.
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
