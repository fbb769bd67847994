package org.litestream4j.history.diff;

/**
 * Rowids from one up to and including another.
 *
 * @param first the smallest
 * @param last the largest
 */
record RowidRange(long first, long last) {
}
