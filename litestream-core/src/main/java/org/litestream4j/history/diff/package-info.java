/**
 * How one database file differs from another one, row by row and as statements, and how a
 * table is taken from one into another. Knows nothing of replicas: it is handed files
 * that are nobody else's.
 */
@Internal
@NullMarked
package org.litestream4j.history.diff;

import org.jspecify.annotations.NullMarked;

import org.litestream4j.Internal;
