/**
 * Tries to make replication lose or corrupt something: many writers, other processes,
 * crashes. Seeds make runs repeatable as far as threads allow.
 */
@NullMarked
package org.litestream4j.stress;

import org.jspecify.annotations.NullMarked;
