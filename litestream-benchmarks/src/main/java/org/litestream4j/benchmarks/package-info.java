/**
 * Measurements whose figures stand in the documents, always as ratios to a baseline of
 * the same run.
 */
@NullMarked
package org.litestream4j.benchmarks;

import org.jspecify.annotations.NullMarked;
