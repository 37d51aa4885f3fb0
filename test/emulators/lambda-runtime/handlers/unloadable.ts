/** A module that fails while it is loaded. */
throw new Error('cannot be loaded');
