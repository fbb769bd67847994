/**
 * What single calls take in time and memory, by JMH.
 */
@NullMarked
package org.litestream4j.benchmarks.jmh;

import org.jspecify.annotations.NullMarked;
