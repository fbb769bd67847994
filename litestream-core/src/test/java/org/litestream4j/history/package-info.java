/**
 * Tests of the past that a replica tells.
 */
@NullMarked
package org.litestream4j.history;

import org.jspecify.annotations.NullMarked;
