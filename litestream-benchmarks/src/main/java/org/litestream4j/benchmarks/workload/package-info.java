/**
 * What an application that writes gets done in a second, and how long its commits take:
 * without replication, with the starter, and with the real litestream beside it.
 */
@NullMarked
package org.litestream4j.benchmarks.workload;

import org.jspecify.annotations.NullMarked;
