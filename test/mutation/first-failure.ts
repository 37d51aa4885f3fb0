import fc from 'fast-check';

// A mutant is dead with the first failing case: to shorten it would take longer than all else.
fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
